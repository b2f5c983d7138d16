import type { DataBody } from "../../client/build-request.ts";
import { type BodyType, isBodyType, typeOfName } from "../../client/formats.ts";
import { HearthError } from "../../errors.ts";
import { byteStream } from "./byte-stream.ts";
import { peek } from "./peek.ts";
import { SNIFF_BYTES, sniffFormat } from "./sniff-format.ts";

export interface InputOptions {
  /** The format where the user said it; else the first bytes tell. */
  readonly type: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Called with the bytes of each piece that was sent. */
  readonly onBytes?: (count: number) => void;
}

/** A file, pipe or standard input (`-`) as the body of a request. */
export async function bodyOfInput(path: string, options: InputOptions): Promise<DataBody> {
  const source = byteStream(path);
  const said = options.type ?? untoldByBytes(path);
  const { head, stream } =
    said === undefined ? await peek(source, SNIFF_BYTES) : { head: undefined, stream: source };
  const type = head === undefined ? bodyType(said ?? "") : sniffFormat(head);
  const body = options.onBytes === undefined ? stream : counted(stream, options.onBytes);
  return { type, body, options: options.parameters };
}

/** The type of a file whose bytes look like separated values whatever it is. */
function untoldByBytes(path: string): BodyType | undefined {
  const named = typeOfName(path);
  return TOLD_BY_NAME.find((type) => type === named);
}

const TOLD_BY_NAME: readonly BodyType[] = ["yaml", "markdown", "bibtex", "excel"];

function bodyType(name: string): BodyType {
  if (isBodyType(name)) return name;
  throw new HearthError("usage", `"${name}" can't be read from a pipe`, {
    hint: "Pipes carry csv, tsv, json, ndjson, yaml, excel, markdown, bibtex, parquet or arrow; give other data as a file.",
  });
}

function counted(
  stream: ReadableStream<Uint8Array>,
  onBytes: (count: number) => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await reader.read();
        if (piece.done) return controller.close();
        onBytes(piece.value.length);
        controller.enqueue(piece.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
