import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { HearthError } from "../errors.ts";
import type { SpillLease } from "../spill-budget.ts";

/** A body that was put down in a file, to be read as often as its reader wants. */
export interface SpooledBody {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Removes the file and gives back its disk space. */
  remove(): void;
}

let spooled = 0;

/**
 * Writes `chunks` into a new file of mode 0600 in `folder`, in bounded memory. Throws what `chunks` throws, and
 * `disk-full`; nothing is left behind then.
 *
 * @param lease grows with the file, and is released with it or when nothing comes of it
 */
export async function spoolBody(
  chunks: AsyncIterable<Uint8Array>,
  folder: string,
  lease: SpillLease,
): Promise<SpooledBody> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `body-${process.pid}-${spooled++}`);
  const fd = openSync(path, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of chunks) {
      lease.grow(chunk.length);
      for (let from = 0; from < chunk.length; from += writeSync(fd, chunk, from));
      size += chunk.length;
    }
  } catch (error) {
    unlinkSync(path);
    lease.release();
    throw asDiskFault(error);
  } finally {
    closeSync(fd);
  }
  const remove = () => {
    unlinkSync(path);
    lease.release();
  };
  return { path, size, remove };
}

function asDiskFault(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new HearthError("disk-full", "The disk is full: the body could not be put down", {
    hint: "Free space where hearth keeps its state, or set HEARTH_STATE_DIR to another disk.",
    cause: error,
  });
}
