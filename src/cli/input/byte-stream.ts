import { closeSync, openSync, read, statSync } from "node:fs";
import { errnoOf, fileFault } from "../../access/file-fault.ts";
import { HearthError } from "../../errors.ts";

const PIECE_BYTES = 256 * 1024;
const STDIN = 0;

/**
 * True for what can be read only once, from the start, by us: standard input, a FIFO such as `<(command)`, a device.
 * Anything else is a file, which the server opens itself.
 */
export function isPipe(path: string): boolean {
  if (path === "-") return true;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && !stat.isFile() && !stat.isDirectory();
  } catch {
    return false; // What is wrong with it, whoever opens it says.
  }
}

/** The bytes of a file, pipe or (for `-`) standard input, read as somebody asks for them. */
export function byteStream(path: string): ReadableStream<Uint8Array> {
  const descriptor = path === "-" ? STDIN : openInput(path);
  const close = (): void => {
    if (descriptor !== STDIN) closeSync(descriptor);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await readPiece(descriptor);
        if (piece.length > 0) return controller.enqueue(piece);
        close();
        controller.close();
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}

function openInput(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw fileFault(errnoOf(error), path, "read", { cause: error });
  }
}

/** The next bytes; none at the end. */
async function readPiece(descriptor: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const { error, count } = await readInto(descriptor, buffer);
    if (error === undefined) return buffer.subarray(0, count);
    // A terminal or pipe that somebody made non-blocking has nothing yet.
    if (error.code !== "EAGAIN")
      throw new HearthError("file-failed", "The input can't be read", { cause: error });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function readInto(
  descriptor: number,
  buffer: Uint8Array,
): Promise<{ error: NodeJS.ErrnoException | undefined; count: number }> {
  return new Promise((resolve) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, count) =>
      resolve({ error: error ?? undefined, count }),
    );
  });
}
