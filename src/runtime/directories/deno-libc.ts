import type { DenoGlobal } from "../globals.ts";
import { libcCalls, failure } from "./libc-directory.ts";
import { libraryNames, numbersOf, openatPadding } from "./libc.ts";
import type { Libc, SystemNumbers } from "./libc.ts";
import { pathCalls } from "./path-directory.ts";
import type { DirectoryCalls, EntryStat, NewFile } from "./types.ts";

type Native = (...args: unknown[]) => unknown;
type Symbols = Readonly<Record<string, Native>>;

const FD = "i32";

/** Directories on Deno, through the C library: Deno itself opens by path only, and may not read /proc. */
export function denoDirectoryCalls(deno: DenoGlobal): DirectoryCalls {
  const { platform, arch } = process;
  const numbers = numbersOf(platform, arch);
  if (numbers === undefined) return pathCalls(`hearth has no system calls for ${platform} on ${arch}`);
  if (deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return pathCalls("Deno runs without --allow-ffi");
  }
  const symbols = loaded(deno, platform, arch);
  if (symbols === undefined) return pathCalls("the C library can't be loaded");
  const libc = bound(deno, symbols, numbers, platform, arch);
  return libcCalls({
    libc,
    numbers,
    platform,
    readsAnyDescriptor: false,
    newFile: (fd, stat) => new DenoFile(libc, symbols, fd, stat),
  });
}

function loaded(deno: DenoGlobal, platform: string, arch: string): Symbols | undefined {
  for (const name of libraryNames(platform, arch)) {
    try {
      return deno.dlopen(name, declarations(platform, arch)).symbols;
    } catch {
      // The next one: glibc and musl have other names
    }
  }
  return undefined;
}

function declarations(platform: string, arch: string): Record<string, object> {
  const named = (parameters: readonly string[], result = "i32", more: object = {}) => ({
    parameters,
    result,
    ...more,
  });
  const padding = Array.from({ length: openatPadding(platform, arch) }, () => "i64");
  const common = {
    openat: named([FD, "buffer", "i32", ...padding, "i32"]),
    readlinkat: named([FD, "buffer", "buffer", "usize"], "isize"),
    faccessat: named([FD, "buffer", "i32", "i32"]),
    mkdirat: named([FD, "buffer", "u32"]),
    renameat: named([FD, "buffer", FD, "buffer"]),
    unlinkat: named([FD, "buffer", "i32"]),
    fchmod: named([FD, "u32"]),
    fchown: named([FD, "u32", "u32"]),
    fsync: named([FD]),
    close: named([FD]),
    writing: named([FD, "buffer", "usize", "i64"], "isize", { name: "pwrite", nonblocking: true }),
    pwrite: named([FD, "buffer", "usize", "i64"], "isize"),
    syncing: named([FD], "i32", { name: "fsync", nonblocking: true }),
  };
  if (platform === "linux") {
    return {
      ...common,
      errno: named([], "pointer", { name: "__errno_location" }),
      statx: named(["i64", "i64", "buffer", "i64", "i64", "buffer"], "i64", { name: "syscall" }),
      getdents: named(["i64", "i64", "buffer", "i64"], "i64", { name: "syscall" }),
    };
  }
  const suffix = arch === "x64" ? "$INODE64" : "";
  return {
    ...common,
    errno: named([], "pointer", { name: "__error" }),
    fstatat: named([FD, "buffer", "buffer", "i32"], "i32", { name: `fstatat${suffix}` }),
    fdopendir: named([FD], "pointer", { name: `fdopendir${suffix}` }),
    readdir: named(["pointer"], "pointer", { name: `readdir${suffix}` }),
    closedir: named(["pointer"], "i32"),
  };
}

/** What statx is asked for: type, mode, links, owner, inode. */
const STATX_BASIC = 0x7ff;

function bound(
  deno: DenoGlobal,
  symbols: Symbols,
  numbers: SystemNumbers,
  platform: string,
  arch: string,
): Libc {
  const call = (name: string, ...args: unknown[]) => Number((symbols[name] as Native)(...args));
  const padding = Array.from({ length: openatPadding(platform, arch) }, () => 0);
  const pointer = (name: string, ...args: unknown[]) => (symbols[name] as Native)(...args);
  const shared = {
    openat: (fd: number, path: Uint8Array, flags: number, mode: number) =>
      call("openat", fd, path, flags, ...padding, mode),
    readlinkat: (fd: number, path: Uint8Array, buffer: Uint8Array, size: number) =>
      call("readlinkat", fd, path, buffer, size),
    faccessat: (fd: number, path: Uint8Array, mode: number, flags: number) =>
      call("faccessat", fd, path, mode, flags),
    mkdirat: (fd: number, path: Uint8Array, mode: number) => call("mkdirat", fd, path, mode),
    renameat: (fd: number, path: Uint8Array, toFd: number, to: Uint8Array) =>
      call("renameat", fd, path, toFd, to),
    unlinkat: (fd: number, path: Uint8Array, flags: number) => call("unlinkat", fd, path, flags),
    fchmod: (fd: number, mode: number) => call("fchmod", fd, mode),
    fchown: (fd: number, uid: number, gid: number) => call("fchown", fd, uid, gid),
    fsync: (fd: number) => call("fsync", fd),
    close: (fd: number) => call("close", fd),
    errno: () => new deno.UnsafePointerView(pointer("errno")).getInt32(),
    bytesAt: (at: unknown, size: number) => {
      const bytes = new Uint8Array(size);
      new deno.UnsafePointerView(at).copyInto(bytes);
      return bytes;
    },
  };
  if (platform === "linux") {
    return {
      ...shared,
      stat: (fd, path, flags, buffer) =>
        call("statx", numbers.statxCall, fd, path, flags, STATX_BASIC, buffer),
      readEntries: (fd, buffer) => call("getdents", numbers.getdentsCall, fd, buffer, buffer.length),
    };
  }
  return {
    ...shared,
    stat: (fd, path, flags, buffer) => call("fstatat", fd, path, buffer, flags),
    fdopendir: (fd) => pointer("fdopendir", fd),
    readdir: (stream) => pointer("readdir", stream),
    closedir: (stream) => call("closedir", stream),
  };
}

/** A file that is written in a thread of Deno's, by its descriptor. */
class DenoFile implements NewFile {
  readonly #libc: Libc;
  readonly #symbols: Symbols;
  readonly #fd: number;
  readonly stat: () => EntryStat;

  constructor(libc: Libc, symbols: Symbols, fd: number, stat: () => EntryStat) {
    this.#libc = libc;
    this.#symbols = symbols;
    this.#fd = fd;
    this.stat = stat;
  }

  async write(chunk: Uint8Array, start: number, position: number): Promise<number> {
    const rest = chunk.subarray(start);
    const args = [this.#fd, rest, rest.byteLength, position];
    const written = Number(await this.#symbols["writing"]?.(...args));
    // The number of a failure belongs to the thread that had it: asked again here, it is this one's
    const bytes = written < 0 ? Number(this.#symbols["pwrite"]?.(...args)) : written;
    if (bytes < 0) throw failure(this.#libc, "pwrite");
    return bytes;
  }

  chmod(mode: number): void {
    if (this.#libc.fchmod(this.#fd, mode) < 0) throw failure(this.#libc, "fchmod");
  }

  chown(uid: bigint, gid: bigint): void {
    if (this.#libc.fchown(this.#fd, Number(uid), Number(gid)) < 0) throw failure(this.#libc, "fchown");
  }

  async sync(): Promise<void> {
    if (Number(await this.#symbols["syncing"]?.(this.#fd)) < 0 && this.#libc.fsync(this.#fd) < 0) {
      throw failure(this.#libc, "fsync");
    }
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}
