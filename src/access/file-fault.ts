import { HearthError } from "../errors.ts";
import type { HearthErrorOptions } from "../errors.ts";

/** What was being done, for the words of a message. */
export type FileAction = "read" | "write";

/** The system's name of a failure (`ENOENT`, ...), or undefined for what did not come from the file system. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno without the right flag, or below /proc and /dev: an error without a code
  if (error.name === "NotCapable") return "EACCES";
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * Words of our own for a failure of the file system: every runtime has other ones, and shows paths that the caller did
 * not write. Gives `file-not-found`, `permission-denied`, `request-invalid`, `not-a-file`, `disk-full` or `file-failed`.
 */
export function fileFault(
  errno: string | undefined,
  shown: string,
  action: FileAction,
  options: HearthErrorOptions = {},
): HearthError {
  switch (errno) {
    case "ENOENT":
      return new HearthError("file-not-found", `No file "${shown}"`, options);
    case "ENOTDIR":
      return notFolder(shown, options);
    case "EACCES":
    case "EPERM":
      return new HearthError("permission-denied", `No permission to ${action} "${shown}"`, options);
    case "EROFS":
      return new HearthError("permission-denied", `"${shown}" is on a read-only file system`, options);
    case "ENAMETOOLONG":
      return tooLong(shown, options);
    case "EISDIR":
      return new HearthError("not-a-file", `"${shown}" is a folder, not a file`, options);
    case "ENOSPC":
    case "EDQUOT":
      return new HearthError("disk-full", `No space left for "${shown}"`, options);
    default:
      return otherFault(errno, shown, action, options);
  }
}

function notFolder(shown: string, options: HearthErrorOptions): HearthError {
  const message = `No file "${shown}": a part of its path is a file, not a folder`;
  return new HearthError("file-not-found", message, { ...options, errorType: "NotADirectoryError" });
}

function tooLong(shown: string, options: HearthErrorOptions): HearthError {
  const start = [...shown].slice(0, 40).join("");
  const message = `The path "${start}..." is longer than the system allows`;
  return new HearthError("request-invalid", message, { ...options, errorType: "OSError" });
}

function otherFault(
  errno: string | undefined,
  shown: string,
  action: FileAction,
  options: HearthErrorOptions,
): HearthError {
  const reasons: Record<string, string> = {
    ELOOP: "its symbolic links lead in a circle",
    EMFILE: "too many files are open",
    ENFILE: "too many files are open",
    EFBIG: "it would be larger than the file system allows",
    EBUSY: "it is in use",
    ETXTBSY: "it is a program that is running",
    ENXIO: "nobody is at the other end",
    ESTALE: "its network folder went away",
  };
  const reason = reasons[errno ?? ""] ?? `the system reports ${errno ?? "a failure"}`;
  return new HearthError("file-failed", `Could not ${action} "${shown}": ${reason}`, options);
}
