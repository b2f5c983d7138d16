import { constants } from "node:os";
import { realpathSync } from "node:fs";
import type { Libc, SystemNumbers } from "./libc.ts";
import { directoryRecords, fileStat, MACOS_ENTRY, STAT_BYTES, writtenMs } from "./libc-records.ts";
import { systemError } from "./types.ts";
import type { DirectoryCalls, DirectoryEntry, EntryStat, HeldDirectory, NewFile } from "./types.ts";

const W_OK = 2;
const PATH_BYTES = 4096;
const ENTRY_BYTES = 65_536;

/** What a runtime adds to the C library: how a file is written by its descriptor, and whether it may read from one. */
export interface LibcHost {
  readonly libc: Libc;
  readonly numbers: SystemNumbers;
  readonly platform: string;
  readonly readsAnyDescriptor: boolean;
  readonly newFile: (fd: number, stat: () => EntryStat) => NewFile;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Directories held by descriptors through `openat`, `renameat`, `mkdirat` and the like of the C library. */
export function libcCalls(host: LibcHost): DirectoryCalls {
  const { libc, numbers, platform } = host;
  return {
    unavailable: undefined,
    hold(path) {
      const place = platform === "linux" ? path : realpathSync.native(path);
      const fd = checked(libc, "openat", () =>
        libc.openat(numbers.currentDirectory, text(place), numbers.openPlace, 0),
      );
      const directory = new LibcDirectory(host, fd);
      if (platform !== "linux") return { directory, realPath: place };
      try {
        return { directory, realPath: readLink(host, numbers.currentDirectory, `/proc/self/fd/${fd}`) };
      } catch (error) {
        directory.close();
        throw error;
      }
    },
  };
}

class LibcDirectory implements HeldDirectory {
  readonly #host: LibcHost;
  readonly #fd: number;
  #isOpen = true;

  constructor(host: LibcHost, fd: number) {
    this.#host = host;
    this.#fd = fd;
  }

  step(name: string): HeldDirectory {
    const { openPlace, noFollow } = this.#host.numbers;
    return new LibcDirectory(this.#host, this.#open(name, openPlace | noFollow, 0));
  }

  readLink(name: string): string {
    return readLink(this.#host, this.#fd, name);
  }

  stat(name: string): EntryStat {
    return statOf(this.#host, this.#fd, name);
  }

  writtenMs(name: string): number {
    return writtenMs(statBytes(this.#host, this.#fd, name), this.#host.platform);
  }

  checkWritable(name: string): void {
    this.#call("faccessat", (libc) => libc.faccessat(this.#fd, text(name), W_OK, 0));
  }

  openFile(name: string): number | undefined {
    return this.#host.readsAnyDescriptor ? this.#open(name, this.#host.numbers.openFile, 0) : undefined;
  }

  create(name: string, mode: number): NewFile {
    const { createFile } = this.#host.numbers;
    const fd = this.#open(name, createFile, mode);
    return this.#host.newFile(fd, () => this.stat(name));
  }

  makeDirectory(name: string, mode: number): void {
    this.#call("mkdirat", (libc) => libc.mkdirat(this.#fd, text(name), mode));
  }

  rename(from: string, to: string): void {
    this.#call("renameat", (libc) => libc.renameat(this.#fd, text(from), this.#fd, text(to)));
  }

  remove(name: string): void {
    this.#call("unlinkat", (libc) => libc.unlinkat(this.#fd, text(name), 0));
  }

  list(): DirectoryEntry[] {
    // A descriptor of its own: a place can't be read, and each reading has its own position
    const fd = this.#open(".", this.#host.numbers.openDirectory, 0);
    const entries = this.#host.platform === "linux" ? this.#linuxEntries(fd) : this.#macosEntries(fd);
    return entries.map(({ name, kind }) => ({ name, kind: kind ?? this.#kindOf(name) }));
  }

  #linuxEntries(fd: number): ReturnType<typeof directoryRecords> {
    const found = [];
    const buffer = new Uint8Array(ENTRY_BYTES);
    try {
      for (;;) {
        const bytes = this.#call("getdents64", (libc) => libc.readEntries?.(fd, buffer) ?? -1);
        if (bytes === 0) return found;
        for (const record of directoryRecords(buffer.subarray(0, bytes), "linux")) found.push(record);
      }
    } finally {
      this.#host.libc.close(fd);
    }
  }

  #macosEntries(fd: number): ReturnType<typeof directoryRecords> {
    const { libc } = this.#host;
    const stream = libc.fdopendir?.(fd);
    if (!stream) {
      const error = failure(libc, "fdopendir");
      libc.close(fd);
      throw error;
    }
    const found = [];
    try {
      for (let entry = libc.readdir?.(stream); entry; entry = libc.readdir?.(stream)) {
        const head = libc.bytesAt(entry, MACOS_ENTRY.headBytes);
        const length = new DataView(head.buffer, head.byteOffset).getUint16(MACOS_ENTRY.lengthAt, true);
        found.push(...directoryRecords(libc.bytesAt(entry, length), "darwin"));
      }
      return found;
    } finally {
      libc.closedir?.(stream);
    }
  }

  /** For the file systems that don't tell the kind of an entry with its name. */
  #kindOf(name: string): DirectoryEntry["kind"] {
    try {
      const type = Number(this.stat(name).mode) & 0o170000;
      if (type === 0o100000) return "file";
      if (type === 0o040000) return "folder";
      return type === 0o120000 ? "link" : "other";
    } catch {
      return "other";
    }
  }

  self(): EntryStat {
    return statOf(this.#host, this.#fd, ".");
  }

  sync(): void {
    const { libc, numbers } = this.#host;
    const fd = libc.openat(this.#fd, text("."), numbers.openDirectory, 0);
    // Some file systems can't sync a directory, and one that may not be read can't be opened for it
    if (fd < 0) return;
    libc.fsync(fd);
    libc.close(fd);
  }

  close(): void {
    // Once only: the number may be in use again
    if (this.#isOpen) this.#host.libc.close(this.#fd);
    this.#isOpen = false;
  }

  #open(name: string, flags: number, mode: number): number {
    return this.#call("openat", (libc) => libc.openat(this.#fd, text(name), flags, mode));
  }

  #call(name: string, call: (libc: Libc) => number): number {
    const { libc } = this.#host;
    return checked(libc, name, () => call(libc));
  }
}

function statOf(host: LibcHost, fd: number, name: string): EntryStat {
  return fileStat(statBytes(host, fd, name), host.platform);
}

function statBytes({ libc, numbers }: LibcHost, fd: number, name: string): Uint8Array {
  const buffer = new Uint8Array(STAT_BYTES);
  checked(libc, "stat", () => libc.stat(fd, text(name), numbers.statLink, buffer));
  return buffer;
}

function readLink({ libc }: LibcHost, fd: number, name: string): string {
  const buffer = new Uint8Array(PATH_BYTES);
  const bytes = checked(libc, "readlinkat", () => libc.readlinkat(fd, text(name), buffer, buffer.length));
  return decoder.decode(buffer.subarray(0, bytes));
}

/** Ended by a NUL byte, as C has texts; a name with one in it would name something else. */
function text(name: string): Uint8Array {
  if (name.includes("\0")) throw systemError("EINVAL", "name");
  return encoder.encode(`${name}\0`);
}

function checked(libc: Libc, name: string, call: () => number): number {
  const result = call();
  if (result < 0) throw failure(libc, name);
  return result;
}

/** The failure of the last call, by the name that `node:fs` gives it. */
export function failure(libc: Libc, call: string): Error {
  const number = libc.errno();
  const code = Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
  return systemError(code ?? "EIO", call);
}
