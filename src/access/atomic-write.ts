import { HearthError } from "../errors.ts";
import type { EntryStat, HeldDirectory, NewFile } from "../runtime/directories/types.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { WriteTarget } from "./files.ts";
import { holdFolder } from "./held-folder.ts";
import { removeLeftovers } from "./leftovers.ts";
import { SourceFailure, untilAborted } from "./abortable-chunks.ts";
import { kindByMode } from "./stamp.ts";
import { tempName, thisWriter } from "./temp-name.ts";

export interface AtomicWriteOptions {
  /** Ends the write with its reason when that is a `HearthError`, else with `request-cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file so that at any moment, also after `kill -9` or a power failure, its name shows either what was there
 * before or all of the new content: a hidden temp file beside it, fsync, rename, fsync of the folder. The new file
 * keeps mode, owner and group of what it replaces, as far as this process may set them; further hard links to the old
 * file keep the old content.
 *
 * On failure and abort the temp file is removed and nothing has changed. An error of `chunks` passes through. Throws
 * `disk-full`, `permission-denied`, `not-a-file`, `file-changed` (the folder was replaced), `request-cancelled`,
 * `file-failed`.
 *
 * @example await writeAtomically(await access.target("out.csv"), encodeCsv(table), { signal });
 */
export async function writeAtomically(
  target: WriteTarget,
  chunks: AsyncIterable<Uint8Array> | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<{ bytes: number }> {
  const folder = holdFolder(target);
  const { directory } = folder;
  const temp = tempName(await thisWriter());
  try {
    const bytes = await fillTemp(directory, temp, target, chunks, options.signal);
    options.signal?.throwIfAborted();
    folder.check();
    directory.rename(temp, target.name);
    folder.sync();
    await removeLeftovers(directory);
    return { bytes };
  } catch (error) {
    removeTemp(directory, temp);
    throw writeFault(error, target, options.signal);
  } finally {
    folder.close();
  }
}

async function fillTemp(
  directory: HeldDirectory,
  temp: string,
  target: WriteTarget,
  chunks: AsyncIterable<Uint8Array> | Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  signal?.throwIfAborted();
  // Private until it is complete
  const file = directory.create(temp, 0o600);
  try {
    const bytes = await writeChunks(file, chunks, signal);
    keepOwner(file, directory, target.name);
    file.chmod(target.mode);
    await file.sync();
    return bytes;
  } finally {
    file.close();
  }
}

async function writeChunks(
  file: NewFile,
  chunks: AsyncIterable<Uint8Array> | Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (chunks instanceof Uint8Array) return writeAll(file, chunks, 0);
  let bytes = 0;
  for await (const chunk of untilAborted(chunks, signal)) bytes += await writeAll(file, chunk, bytes);
  return bytes;
}

/** The system may take less than it is given, near a full disk for one. */
async function writeAll(file: NewFile, chunk: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < chunk.byteLength) written += await file.write(chunk, written, position + written);
  return written;
}

/** A root or group server must not take files away from their owners; who may not give them away keeps them. */
function keepOwner(file: NewFile, directory: HeldDirectory, name: string): void {
  const old = statIn(directory, name);
  if (old === undefined || kindByMode(old) !== "file") return;
  const made = file.stat();
  if (old.uid === made.uid && old.gid === made.gid) return;
  try {
    file.chown(old.uid, old.gid);
  } catch {
    // Not allowed: it stays ours
  }
}

function statIn(directory: HeldDirectory, name: string): EntryStat | undefined {
  try {
    return directory.stat(name);
  } catch {
    return undefined;
  }
}

function removeTemp(directory: HeldDirectory, temp: string): void {
  try {
    directory.remove(temp);
  } catch {
    // Never made, or renamed already
  }
}

function writeFault(error: unknown, target: WriteTarget, signal: AbortSignal | undefined): unknown {
  const failure = error instanceof SourceFailure ? error.cause : error;
  if (failure instanceof HearthError) return failure;
  if (signal?.aborted === true) {
    if (signal.reason instanceof HearthError) return signal.reason;
    const message = `Writing "${target.shownPath}" was cancelled`;
    return new HearthError("request-cancelled", message, { cause: failure });
  }
  const errno = error instanceof SourceFailure ? undefined : errnoOf(failure);
  return errno === undefined ? failure : fileFault(errno, target.shownPath, "write", { cause: failure });
}
