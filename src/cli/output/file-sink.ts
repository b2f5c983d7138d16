import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { HearthError } from "../../errors.ts";
import { exitOnInterrupt } from "../interrupt.ts";

/** A file that appears whole or not at all. */
export interface FileSink {
  write(bytes: Uint8Array): void;
  /** Puts it in its place. */
  commit(): void;
  /** Leaves what was there before. */
  discard(): void;
}

/**
 * Opens the target of `-o`: a temporary file beside it, which takes its name (and its mode) at the end. A link keeps
 * pointing where it does; a device or FIFO is written as it is. Throws `file-not-found`, `permission-denied`,
 * `not-a-file`, `disk-full` or `file-failed`, with the path as it was written.
 */
export function openFileSink(shownPath: string): FileSink {
  return explained(shownPath, () => {
    const existing = statSync(shownPath, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw new HearthError("not-a-file", `"${shownPath}" is a folder`);
    if (existing !== undefined && !existing.isFile()) return directSink(shownPath);
    const target = existing === undefined ? shownPath : realpathSync(shownPath);
    return atomicSink(shownPath, target, existing === undefined ? undefined : existing.mode & 0o777);
  });
}

function atomicSink(shownPath: string, target: string, mode: number | undefined): FileSink {
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${process.pid}.${crypto.randomUUID().slice(0, 8)}`,
  );
  const file = openSync(temporary, "wx", 0o666);
  const remove = (): void => rmSync(temporary, { force: true });
  exitOnInterrupt();
  process.once("exit", remove);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write: (bytes) => explained(shownPath, () => writeFully(file, bytes)),
    commit: () =>
      explained(shownPath, () => {
        // Set, not given to `openSync`: the umask would take bits from it
        if (mode !== undefined) fchmodSync(file, mode);
        fsyncSync(file);
        close();
        renameSync(temporary, target);
        process.off("exit", remove);
      }),
    discard: () => {
      close();
      remove();
      process.off("exit", remove);
    },
  };
}

function directSink(shownPath: string): FileSink {
  const file = openSync(shownPath, "w");
  return {
    write: (bytes) => explained(shownPath, () => writeFully(file, bytes)),
    commit: () => closeSync(file),
    discard: () => closeSync(file),
  };
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;)
    offset += writeSync(file, bytes, offset, bytes.length - offset);
}

/** A failure of the file system in our own words. */
function explained<T>(shownPath: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof HearthError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw explain(shownPath, code, error);
  }
}

function explain(shownPath: string, code: unknown, cause: unknown): HearthError {
  if (code === "ENOENT") {
    return new HearthError("file-not-found", `No folder for "${shownPath}"`, {
      hint: "Make it first.",
      cause,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new HearthError("permission-denied", `"${shownPath}" may not be written`, { cause });
  }
  if (code === "ENOSPC" || code === "EDQUOT")
    return new HearthError("disk-full", `No room for "${shownPath}"`, { cause });
  return new HearthError("file-failed", `"${shownPath}" can't be written`, { cause });
}
