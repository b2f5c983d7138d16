import type { DataBody } from "../../client/build-request.ts";
import { isStreamFormat } from "../../client/formats.ts";
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
  const { head, stream } =
    options.type === undefined ? await peek(source, SNIFF_BYTES) : { head: undefined, stream: source };
  const type = head === undefined ? bodyType(options.type ?? "") : sniffFormat(head);
  const body = options.onBytes === undefined ? stream : counted(stream, options.onBytes);
  return { type, body, options: options.parameters };
}

function bodyType(name: string): DataBody["type"] {
  if (name === "tsv" || isStreamFormat(name)) return name;
  throw new HearthError("usage", `"${name}" can't be read from a pipe`, {
    hint: "Pipes carry csv, tsv, json, ndjson, parquet or arrow; give other data as a file.",
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
