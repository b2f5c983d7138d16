import type { FileAccess } from "../access/files.ts";
import { openChecked } from "../access/open-checked.ts";
import { HearthError } from "../errors.ts";

/** A view of the file system with one file in it, held open. */
export interface UploadAccess {
  readonly files: FileAccess;
  /** Lets the file go; what was opened through `files` must not be read any more. */
  close(): void;
}

/**
 * A body of a request that was put down on disk, for readers that know only files: whatever name they ask for, they get
 * this one. It is held open, so its name may be removed while it is still being read. The file is ours, so no caller's
 * rights are asked. Throws `file-changed` when it is not there.
 *
 * @param path absolute path of the file
 * @param shownName how messages name it, such as `the body`
 */
export function uploadAccess(path: string, shownName: string, callerKey?: string): UploadAccess {
  const held = openChecked(path, shownName);
  if (held === undefined) throw new HearthError("file-changed", `${shownName} is gone`);
  const files: FileAccess = {
    ...(callerKey === undefined ? {} : { callerKey }),
    open: async () => ({ ...held, close: () => {} }),
    stamp: async () => held.stamp,
    target: () => Promise.reject(oneFile()),
    foresee: () => Promise.reject(oneFile()),
    makeFolder: () => Promise.reject(oneFile()),
    list: () => Promise.reject(oneFile()),
    placeOf: () => {
      throw oneFile();
    },
  };
  return { files, close: () => held.close() };
}

function oneFile(): HearthError {
  return new HearthError(
    "not-supported",
    "A body is one file: it is not written to, and there are no others",
  );
}
