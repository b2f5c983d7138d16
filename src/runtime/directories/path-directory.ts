import * as fs from "node:fs";
import type { DirectoryCalls, DirectoryEntry, EntryStat, HeldDirectory, NewFile } from "./types.ts";

const HOLD = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

/** Linux: a descriptor that only names a place, so that a directory need not be readable. */
const O_PATH = 0o10_000_000;

/** Not blocking, so that a pipe in the place of a file can't hold the server. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;

const CREATE = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW;

/**
 * Directories held by descriptors, their entries named below `/proc/self/fd`: the kernel resolves such a name from the
 * open directory itself, so nothing that is renamed meanwhile can mislead it. Linux, where /proc may be read.
 */
export const procCalls: DirectoryCalls = {
  unavailable: undefined,
  hold(path) {
    const fd = fs.openSync(path, O_PATH | fs.constants.O_DIRECTORY);
    try {
      return { directory: new ProcDirectory(fd), realPath: fs.readlinkSync(`/proc/self/fd/${fd}`) };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  },
};

/** The same calls by path, for the owner and where nothing holds directories: a swapped part misleads them. */
export function pathCalls(unavailable: string): DirectoryCalls {
  return {
    unavailable,
    hold(path) {
      const realPath = fs.realpathSync.native(path);
      return { directory: new PathDirectory(realPath), realPath };
    },
  };
}

/** A directory whose entries are named below a path. */
export class PathDirectory implements HeldDirectory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  protected at(name: string): string {
    return this.#path === "/" ? `/${name}` : `${this.#path}/${name}`;
  }

  step(name: string): HeldDirectory {
    const path = this.at(name);
    fs.closeSync(fs.openSync(path, HOLD));
    return new PathDirectory(path);
  }

  readLink(name: string): string {
    return fs.readlinkSync(this.at(name));
  }

  stat(name: string): EntryStat {
    return fs.lstatSync(this.at(name), { bigint: true });
  }

  writtenMs(name: string): number {
    return fs.lstatSync(this.at(name)).mtimeMs;
  }

  checkWritable(name: string): void {
    fs.accessSync(this.at(name), fs.constants.W_OK);
  }

  openFile(name: string): number | undefined {
    return fs.openSync(this.at(name), READ);
  }

  create(name: string, mode: number): NewFile {
    return new OpenFile(fs.openSync(this.at(name), CREATE, mode));
  }

  makeDirectory(name: string, mode: number): void {
    fs.mkdirSync(this.at(name), { mode });
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.at(from), this.at(to));
  }

  remove(name: string): void {
    fs.unlinkSync(this.at(name));
  }

  list(): DirectoryEntry[] {
    return fs.readdirSync(this.#path, { withFileTypes: true }).map((entry) => {
      if (entry.isFile()) return { name: entry.name, kind: "file" };
      if (entry.isDirectory()) return { name: entry.name, kind: "folder" };
      return { name: entry.name, kind: entry.isSymbolicLink() ? "link" : "other" };
    });
  }

  self(): EntryStat {
    return fs.lstatSync(this.#path, { bigint: true });
  }

  sync(): void {
    syncAt(this.#path);
  }

  close(): void {}
}

class ProcDirectory extends PathDirectory {
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number) {
    super(`/proc/self/fd/${fd}`);
    this.#fd = fd;
  }

  override step(name: string): HeldDirectory {
    return new ProcDirectory(
      fs.openSync(this.at(name), O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW),
    );
  }

  override self(): EntryStat {
    return fs.fstatSync(this.#fd, { bigint: true });
  }

  override sync(): void {
    // A place alone can't be synced
    syncAt(`/proc/self/fd/${this.#fd}/.`);
  }

  override close(): void {
    // Once only: the number may be in use again
    if (this.#isOpen) fs.closeSync(this.#fd);
    this.#isOpen = false;
  }
}

/** A file that is written by its descriptor through `node:fs`. */
export class OpenFile implements NewFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(chunk: Uint8Array, start: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, chunk, start, chunk.byteLength - start, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(error);
      });
    });
  }

  stat(): EntryStat {
    return fs.fstatSync(this.#fd, { bigint: true });
  }

  chmod(mode: number): void {
    fs.fchmodSync(this.#fd, mode);
  }

  chown(uid: bigint, gid: bigint): void {
    fs.fchownSync(this.#fd, Number(uid), Number(gid));
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** Some network and FUSE file systems can't sync a directory, and one that may not be read can't be opened for it. */
const CANT_SYNC: ReadonlySet<unknown> = new Set(["EINVAL", "ENOTSUP", "ENOSYS", "EBADF", "EACCES"]);

function syncAt(path: string): void {
  let fd: number | undefined;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    fs.fsyncSync(fd);
  } catch (error) {
    if (!CANT_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
