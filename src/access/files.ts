import type { HeldDirectory } from "../runtime/directories/types.ts";
import type { FolderEntry } from "./list-folder.ts";

/** Identity of a file's content as far as the system tells: what a cached result was read from. */
export interface FileStamp {
  /** Absolute path with no symbolic link in it. */
  readonly realPath: string;
  /** Bytes. */
  readonly size: number;
  /** Nanoseconds since the epoch; milliseconds precision on Deno. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

/** A regular file that was opened for reading after the caller's right to it was checked on the real file. */
export interface OpenedFile {
  /** The path as the caller wrote it, for messages. */
  readonly shownPath: string;
  readonly stamp: FileStamp;
  /** The open descriptor; valid until `close`. -1 in a reader process, where `readAt` reads. */
  readonly fd: number;
  /** Reads from another process that has the descriptor; less than `length` bytes at the end only. */
  readonly readAt?: (position: number, length: number) => Promise<Uint8Array>;
  /** A path by which native code opens this very file, also after it was renamed or replaced, where the system allows it. */
  readonly nativePath: string;
  /** True while nobody has written to it, whatever lies under its path by now. */
  isUnchanged(): boolean;
  close(): void;
}

/** Where a write will go: checked, with the folder existing; `src/access/atomic-write.ts` fills it. */
export interface WriteTarget {
  readonly shownPath: string;
  /** Absolute real path of the folder. */
  readonly folder: string;
  readonly name: string;
  /** The folder itself when it was checked; a write into another one that took its place is refused. */
  readonly folderDev: bigint;
  readonly folderIno: bigint;
  /** Mode bits for the new file: those of the file it replaces, else what the caller's umask gives. */
  readonly mode: number;
  /** Walks to a guest's folder again and holds it open; undefined when another one is there. Absent for the owner. */
  readonly hold?: () => HeldDirectory | undefined;
}

/**
 * One caller's view of the file system. Every method throws `HearthError`: `no-root`, `path-outside`, `path-protected`,
 * `permission-denied`, `file-not-found`, `not-a-file`, `request-invalid` (empty name, NUL byte, too long), `file-changed`
 * (replaced again and again while it was opened), `file-failed`.
 */
export interface FileAccess {
  /** Who reads, for turns among callers: equal for the same caller. Absent: nobody in particular. */
  readonly callerKey?: string;
  /** Opens for reading. `directory` is a data source's own folder; `allowedRoots` may only narrow what is allowed. */
  open(path: string, options?: PathOptions): Promise<OpenedFile>;
  /** Stamps without opening: for a look into the cache. Same checks as `open`. */
  stamp(path: string, options?: PathOptions): Promise<FileStamp>;
  /** What lies in a folder, with the caller's right to it checked on the real one. Throws `file-not-found` for what is none. */
  list(folder: string, options?: PathOptions): Promise<FolderListing>;
  /** A real path as the caller may know it: below where relative paths count from, else from its own parent. */
  placeOf(realPath: string): FilePlace;
  /** Checks a target for writing; its folder must exist. */
  target(path: string, options?: PathOptions): Promise<WriteTarget>;
  /** Checks a target whose folder may be missing yet; gives where it would be, as far as it exists with no link in it. */
  foresee(path: string, options?: PathOptions): Promise<string>;
  /** Makes a folder with all above it that are missing; one that is there is fine. */
  makeFolder(path: string, options?: PathOptions): Promise<void>;
}

export interface FolderListing {
  /** Absolute, with no symbolic link in it. */
  readonly realPath: string;
  readonly entries: readonly FolderEntry[];
}

/** Where a folder lies, in two parts. */
export interface FilePlace {
  /** Absolute; the caller's HOME and the like stand in it as `${HOME}`. */
  readonly root: string;
  /** Below the root; "." for the root itself. */
  readonly directory: string;
}

export interface PathOptions {
  /** Folder that a relative `path` is joined to; `$NAME` and `${NAME}` in it are the caller's. */
  readonly directory?: string | undefined;
  /** Folder that a relative `directory` is joined to. */
  readonly baseDirectory?: string | undefined;
  /** Roots from the request itself: the path must lie below one of them as well. Empty: nothing is allowed. */
  readonly allowedRoots?: readonly string[] | undefined;
}
