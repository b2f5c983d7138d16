import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { HearthError } from "../errors.ts";

/** A body that was put down in a file, to be read as often as its reader wants. */
export interface SpooledBody {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Removes the file. */
  remove(): void;
}

let spooled = 0;

/**
 * Writes `chunks` into a new file of mode 0600 in `folder`, in bounded memory. Throws what `chunks` throws, and
 * `disk-full`; nothing is left behind then.
 */
export async function spoolBody(chunks: AsyncIterable<Uint8Array>, folder: string): Promise<SpooledBody> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `body-${process.pid}-${spooled++}`);
  const fd = openSync(path, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += writeSync(fd, chunk, from));
      size += chunk.length;
    }
  } catch (error) {
    unlinkSync(path);
    throw asDiskFault(error);
  } finally {
    closeSync(fd);
  }
  return { path, size, remove: () => unlinkSync(path) };
}

function asDiskFault(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new HearthError("disk-full", "The disk is full: the body could not be put down", {
    hint: "Free space where hearth keeps its state, or set HEARTH_STATE_DIR to another disk.",
    cause: error,
  });
}
