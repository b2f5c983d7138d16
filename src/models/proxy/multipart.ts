import { HearthError } from "../../errors.ts";

/** A form's body, read as far as its field `model`; the rest still comes. */
export interface ModelField {
  readonly name: string;
  /** What was read before the field's value, the value left out. */
  readonly before: Uint8Array;
  /** What was read behind it. */
  readonly after: Uint8Array;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const FIELD =
  /^content-disposition:\s*form-data\b(?=[^\r\n]*;\s*name="?model"?\s*(?:;|$))(?![^\r\n]*;\s*filename)/im;

/** The boundary that a content type names; undefined for what is no form. */
export function boundaryOf(contentType: string | null): string | undefined {
  if (contentType === null || !/^multipart\/form-data\b/i.test(contentType)) return undefined;
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  return quoted ?? bare;
}

/**
 * Reads a form until its field `model` is there (RFC 7578), which may stand behind the files; nothing else is taken
 * apart.
 *
 * @param limitBytes that may be held in memory for that
 * @throws HearthError `request-invalid` without such a field, `body-too-large`
 */
export async function readModelField(
  body: AsyncIterator<Uint8Array>,
  boundary: string,
  limitBytes: number,
): Promise<ModelField> {
  const delimiter = Buffer.from(`--${boundary}`);
  const held = new GrowingBuffer();
  /** Where the part begins that is looked at, with its delimiter. */
  let start = 0;
  /** Up to here nothing has to be looked at again. */
  let seen = delimiter.length;
  for (;;) {
    const { done, value } = await body.next();
    if (value !== undefined) held.append(value);
    const { bytes } = held;
    for (;;) {
      const end = bytes.indexOf(delimiter, seen);
      if (end === -1) {
        seen = Math.max(seen, bytes.length - delimiter.length + 1);
        break;
      }
      const field = modelIn(bytes, start, end);
      if (field !== undefined) return field;
      start = end;
      seen = end + delimiter.length;
    }
    if (done === true) {
      throw new HearthError("request-invalid", "The form has no field named model", {
        hint: "Add one: curl -F model=NAME -F file=@FILE. `GET /v1/models` lists the names.",
      });
    }
    if (bytes.length > limitBytes) {
      throw new HearthError(
        "body-too-large",
        `The form's first ${limitBytes} bytes have no field named model`,
        {
          hint: "Send the field model before the files.",
        },
      );
    }
  }
}

/** The field `model`, when the part between two delimiters is that. */
function modelIn(bytes: Buffer, start: number, end: number): ModelField | undefined {
  const headEnd = bytes.indexOf(HEAD_END, start);
  if (headEnd === -1 || headEnd > end) return undefined;
  if (!FIELD.test(bytes.subarray(start, headEnd).toString("latin1"))) return undefined;
  const valueStart = headEnd + HEAD_END.length;
  const valueEnd = end - 2; // the line break before the delimiter
  return {
    name: bytes.subarray(valueStart, valueEnd).toString("utf8"),
    before: bytes.subarray(0, valueStart),
    after: bytes.subarray(valueEnd),
  };
}

/** Bytes that become more; each is copied a few times at most, however many pieces they come in. */
class GrowingBuffer {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }
}
