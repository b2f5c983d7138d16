import type { HeldDirectory } from "../runtime/directories/types.ts";
import { parseTempName, thisWriter } from "./temp-name.ts";
import type { TempWriter } from "./temp-name.ts";

/** A temp file that nobody wrote to for this long belongs to nobody, whatever its name says: one day. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** Two readings of one process's start may differ by so much, in seconds. */
const START_TOLERANCE = 5;

/**
 * Removes the temp files that writers left in a folder when they were killed. A file goes when its writer was a process
 * of this host that is gone, or when it is a day old; any doubt keeps it. Never throws: tidying up is no reason to fail.
 */
export async function removeLeftovers(folder: HeldDirectory): Promise<void> {
  const self = await thisWriter();
  for (const name of namesIn(folder)) {
    const writer = parseTempName(name);
    if (writer === undefined) continue;
    try {
      if (isDead(writer, self) || isAbandoned(folder, name)) folder.remove(name);
    } catch {
      // Gone already, or not ours to remove
    }
  }
}

function namesIn(folder: HeldDirectory): readonly string[] {
  try {
    return folder.list().map(({ name }) => name);
  } catch {
    return [];
  }
}

/** True only when the writer surely is gone; a pid that was given to another process since counts as alive. */
function isDead(writer: TempWriter, self: TempWriter): boolean {
  if (writer.place !== self.place) return false;
  if (writer.pid === self.pid) return Math.abs(writer.startedAt - self.startedAt) > START_TOLERANCE;
  try {
    process.kill(writer.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function isAbandoned(folder: HeldDirectory, name: string): boolean {
  return Date.now() - folder.writtenMs(name) > ABANDONED_MS;
}
