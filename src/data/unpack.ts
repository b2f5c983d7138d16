import { Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { HearthError } from "../errors.ts";
import { zstdFrames } from "./zstd-frames.ts";

type Chunks = AsyncIterable<Uint8Array>;

/** Unpacks gzip, several members included. Throws `data-invalid` when it is damaged or ends too early. */
export function gunzip(chunks: Chunks, shownName: string): AsyncGenerator<Uint8Array> {
  return pass(chunks, createGunzip(), (cause) => brokenArchive(shownName, "gzip", cause));
}

/**
 * Unpacks Zstandard, frame by frame: by themselves Node 24 and Deno 2.9 pass over all frames but the first, and Bun 1.4
 * and Deno take a frame that was cut off for a whole one. Throws `data-invalid` when it is damaged or ends too early.
 */
export async function* unzstd(chunks: Chunks, shownName: string): AsyncGenerator<Uint8Array> {
  const broken = (cause?: unknown) => brokenArchive(shownName, "Zstandard", cause);
  for await (const frame of zstdFrames(chunks, broken)) yield* pass(frame, createZstdDecompress(), broken);
}

async function* pass(
  chunks: Chunks,
  transform: Transform,
  broken: (cause: unknown) => HearthError,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false });
  // `pipe` does not carry errors over, and an error that nobody listens to would end the process.
  source.on("error", (error) => transform.destroy(error));
  transform.on("error", () => source.destroy());
  try {
    for await (const chunk of source.pipe(transform)) yield chunk as Uint8Array;
  } catch (error) {
    throw error instanceof HearthError ? error : broken(error);
  } finally {
    source.destroy();
    transform.destroy();
  }
}

/** Damage and a missing end have one message: which of them is seen first differs from runtime to runtime. */
function brokenArchive(shownName: string, kind: string, cause: unknown): HearthError {
  const message = `"${shownName}" cannot be unpacked: the ${kind} archive is damaged or ends too early`;
  return new HearthError("data-invalid", message, { hint: "Copy or compress it again.", cause });
}
