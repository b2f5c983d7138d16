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
  let held: Buffer = Buffer.alloc(0);
  /** Where the next delimiter is looked for; what stands before has been seen. */
  let from = 0;
  for (;;) {
    const { done, value } = await body.next();
    if (value !== undefined) held = Buffer.concat([held, value]);
    for (;;) {
      const start = held.indexOf(delimiter, from);
      const headEnd = start === -1 ? -1 : held.indexOf(HEAD_END, start);
      const end = headEnd === -1 ? -1 : held.indexOf(delimiter, headEnd);
      // Only a whole field is looked at, but a file's head is enough to pass over it.
      if (end === -1) break;
      const head = held.subarray(start, headEnd).toString("latin1");
      const valueStart = headEnd + HEAD_END.length;
      if (FIELD.test(head)) {
        const valueEnd = end - 2; // the line break before the delimiter
        return {
          name: held.subarray(valueStart, valueEnd).toString("utf8"),
          before: held.subarray(0, valueStart),
          after: held.subarray(valueEnd),
        };
      }
      from = end;
    }
    if (done === true) {
      throw new HearthError("request-invalid", "The form has no field named model", {
        hint: "Add one: curl -F model=NAME -F file=@FILE. `GET /v1/models` lists the names.",
      });
    }
    if (held.length > limitBytes) {
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
