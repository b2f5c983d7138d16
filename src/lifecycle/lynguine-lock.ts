import { lstatSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Where lynguine's `check_server_running` looks for the pid of the server at an address (`lynguine/server.py`): a file in
 * Python's `tempfile.gettempdir()`.
 */
export function lynguineLockPath(
  host: string,
  port: number,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const folder = environment["TMPDIR"] || environment["TEMP"] || environment["TMP"] || "/tmp";
  return join(folder, `lynguine-server-${host.replace(/[.:]/g, "-")}-${port}.lock`);
}

/**
 * Writes our pid there, never through a link and never over what belongs to another user. To be called by who holds the
 * address: whatever process an older file names, it doesn't serve here. False when the file could not be written;
 * lynguine's tools then call the server "other", and nothing else is lost.
 */
export function writeLynguineLock(path: string): boolean {
  return createExclusive(path) || (removeStale(path) && createExclusive(path));
}

/** Removes the file if it still names this process. */
export function removeLynguineLock(path: string): void {
  try {
    if (lstatSync(path).isFile() && readFileSync(path, "utf8").trim() === String(process.pid))
      unlinkSync(path);
  } catch {
    // Gone already, or another's by now: either way not ours to remove.
  }
}

function createExclusive(path: string): boolean {
  try {
    // Readable by all, as lynguine's own: the tools of other users on this machine look at it too.
    writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o644 });
    return true;
  } catch {
    return false;
  }
}

function removeStale(path: string): boolean {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.uid !== process.getuid?.()) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT";
  }
}
