import type { Writable } from "node:stream";

/** Who waits for a stream to take more: one listener for all of them, however many write at once. */
const draining = new WeakMap<Writable, Promise<void>>();

/** Writes chunks one behind the other; settles when the stream takes more, or is closed. */
export function writeAll(stream: Writable, chunks: readonly Uint8Array[]): Promise<void> {
  stream.cork();
  for (const chunk of chunks) stream.write(chunk);
  stream.uncork();
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  const known = draining.get(stream);
  if (known !== undefined) return known;
  const drained = new Promise<void>((resolve) => {
    const goOn = () => {
      stream.off("drain", goOn).off("close", goOn);
      draining.delete(stream);
      resolve();
    };
    stream.on("drain", goOn).on("close", goOn);
  });
  draining.set(stream, drained);
  return drained;
}
