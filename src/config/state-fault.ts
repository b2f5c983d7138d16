import { errnoOf } from "../access/file-fault.ts";
import { HearthError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only",
  EACCES: "no permission",
  EPERM: "no permission",
  ENOTDIR: "a part of its path is not a directory",
  EISDIR: "a directory has the name of a file of hearth",
  ENOENT: "a part of its path does not exist",
  EIO: "the disk reports an error",
};

/**
 * The error of a file in hearth's own state directory: `disk-full` when no space is left, `too-busy` when too many files
 * are open, else `state-unusable`. What did not come from the file system is given back as it is.
 *
 * @param what what could not be done, as a sentence without its end
 */
export function stateFault(what: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new HearthError("disk-full", `${what}: no space is left`, {
      hint: "Free space, or set HEARTH_STATE_DIR to a directory on another disk.",
      cause: error,
    });
  }
  if (errno === "EMFILE" || errno === "ENFILE") {
    return new HearthError("too-busy", `${what}: too many files and connections are open`, {
      hint: "Try again in a moment, or raise the limit on open files (`ulimit -n`).",
      cause: error,
    });
  }
  return new HearthError("state-unusable", `${what}: ${REASONS[errno] ?? `the system reports ${errno}`}`, {
    hint: "Fix the state directory's permissions, or set HEARTH_STATE_DIR to another directory.",
    cause: error,
  });
}
