/**
 * What a name in a directory is, links not followed; the numbers of `fs.lstat` with `bigint: true`. Two stats with the
 * same `dev` and `ino` are of the same file as long as one of them is held open.
 */
export interface EntryStat {
  readonly dev: bigint;
  readonly ino: bigint;
  /** File type and permission bits. */
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  /** Absent where the C library is asked, whose times the runtime would round: a stamp needs the runtime's own. */
  readonly size?: bigint;
  readonly mtimeNs?: bigint;
  readonly ctimeNs?: bigint;
}

/** What is in a directory; pipes, sockets and devices are `other`. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** A file that was made in a held directory and is being written. */
export interface NewFile {
  /** Writes a part of `chunk`, from `start`, at `position` of the file; gives how many bytes the system took. */
  write(chunk: Uint8Array, start: number, position: number): Promise<number>;
  stat(): EntryStat;
  chmod(mode: number): void;
  chown(uid: bigint, gid: bigint): void;
  sync(): Promise<void>;
  close(): void;
}

/**
 * A directory that is held open. Every call names an entry of this very directory, wherever it was moved meanwhile, and
 * follows no symbolic link. Names are single parts: never empty, `.`, `..` or with a slash. What fails throws an `Error`
 * with the system's `code` (`ENOENT`, `ENOTDIR`, ...).
 */
export interface HeldDirectory {
  /** Holds a directory in this one; `ENOTDIR` or `ELOOP` for a link or a file. */
  step(name: string): HeldDirectory;
  /** Where a link points; `EINVAL` for what is not a link. */
  readLink(name: string): string;
  stat(name: string): EntryStat;
  /** When an entry was last written, in milliseconds since the epoch. */
  writtenMs(name: string): number;
  /** Throws when this process may not write to the entry. */
  checkWritable(name: string): void;
  /** Opens a file for reading; undefined where the runtime can't read from a descriptor that it did not open itself. */
  openFile(name: string): number | undefined;
  /** Makes a file that does not exist yet, for writing. */
  create(name: string, mode: number): NewFile;
  makeDirectory(name: string, mode: number): void;
  rename(from: string, to: string): void;
  remove(name: string): void;
  list(): DirectoryEntry[];
  /** The directory's own stat. */
  self(): EntryStat;
  /** Makes a rename in it last over a power failure, as far as the file system can. */
  sync(): void;
  close(): void;
}

/** How directories are held on this system. */
export interface DirectoryCalls {
  /** Why directories can't be held open here; undefined where they can. Without it `hold` names entries by path. */
  readonly unavailable: string | undefined;
  /** Holds the directory at a path whose parts are trusted, links followed, and tells its real path. */
  hold(path: string): { readonly directory: HeldDirectory; readonly realPath: string };
}

/** An error as `node:fs` throws it, with the system's name of the failure. */
export function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: ${call}`), { code, syscall: call });
}
