import { libcCalls } from "./libc-directory.ts";
import { libraryNames, numbersOf, openatPadding } from "./libc.ts";
import type { Libc, SystemNumbers } from "./libc.ts";
import { OpenFile, pathCalls } from "./path-directory.ts";
import type { DirectoryCalls } from "./types.ts";

type Symbols = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** The slice of `bun:ffi` that is used, so that no runtime's type package is needed. */
interface BunFfi {
  dlopen(library: string, symbols: Record<string, { args: string[]; returns: string }>): { symbols: Symbols };
  readonly read: { i32(pointer: unknown): number };
  toArrayBuffer(pointer: unknown, offset: number, size: number): ArrayBuffer;
}

/** Directories on Bun where there is no /proc to name them by: macOS, and Linux without it. */
export async function bunDirectoryCalls(): Promise<DirectoryCalls> {
  const { platform, arch } = process;
  const numbers = numbersOf(platform, arch);
  if (numbers === undefined) return pathCalls(`hearth has no system calls for ${platform} on ${arch}`);
  // The name apart, so that other runtimes' bundlers and checkers don't look for the module
  const name = "bun:ffi";
  const ffi = (await import(name)) as BunFfi;
  const libc = loaded(ffi, numbers, platform, arch);
  if (libc === undefined) return pathCalls("the C library can't be loaded");
  return libcCalls({
    libc,
    numbers,
    platform,
    readsAnyDescriptor: true,
    newFile: (fd) => new OpenFile(fd),
  });
}

function loaded(ffi: BunFfi, numbers: SystemNumbers, platform: string, arch: string): Libc | undefined {
  for (const library of libraryNames(platform, arch)) {
    try {
      return bound(ffi, library, numbers, platform, arch);
    } catch {
      // The next one: glibc and musl have other names
    }
  }
  return undefined;
}

function bound(ffi: BunFfi, library: string, numbers: SystemNumbers, platform: string, arch: string): Libc {
  const named = (args: string[], returns = "i32") => ({ args, returns });
  const padding = Array.from({ length: openatPadding(platform, arch) }, () => 0);
  const common = ffi.dlopen(library, {
    openat: named(["i32", "ptr", "i32", ...padding.map(() => "i64"), "i32"]),
    readlinkat: named(["i32", "ptr", "ptr", "u64"], "i64"),
    faccessat: named(["i32", "ptr", "i32", "i32"]),
    mkdirat: named(["i32", "ptr", "u32"]),
    renameat: named(["i32", "ptr", "i32", "ptr"]),
    unlinkat: named(["i32", "ptr", "i32"]),
    fchmod: named(["i32", "u32"]),
    fchown: named(["i32", "u32", "u32"]),
    fsync: named(["i32"]),
    close: named(["i32"]),
  }).symbols;
  const call = (symbols: Symbols, name: string, ...args: unknown[]) => Number(symbols[name]?.(...args));
  const shared = {
    openat: (fd: number, path: Uint8Array, flags: number, mode: number) =>
      call(common, "openat", fd, path, flags, ...padding, mode),
    readlinkat: (fd: number, path: Uint8Array, buffer: Uint8Array, size: number) =>
      call(common, "readlinkat", fd, path, buffer, size),
    faccessat: (fd: number, path: Uint8Array, mode: number, flags: number) =>
      call(common, "faccessat", fd, path, mode, flags),
    mkdirat: (fd: number, path: Uint8Array, mode: number) => call(common, "mkdirat", fd, path, mode),
    renameat: (fd: number, path: Uint8Array, toFd: number, to: Uint8Array) =>
      call(common, "renameat", fd, path, toFd, to),
    unlinkat: (fd: number, path: Uint8Array, flags: number) => call(common, "unlinkat", fd, path, flags),
    fchmod: (fd: number, mode: number) => call(common, "fchmod", fd, mode),
    fchown: (fd: number, uid: number, gid: number) => call(common, "fchown", fd, uid, gid),
    fsync: (fd: number) => call(common, "fsync", fd),
    close: (fd: number) => call(common, "close", fd),
    bytesAt: (pointer: unknown, size: number) => new Uint8Array(ffi.toArrayBuffer(pointer, 0, size)).slice(),
  };
  return platform === "linux"
    ? linuxLibc(ffi, library, numbers, shared, call)
    : macosLibc(ffi, library, arch, shared, call);
}

type Shared = Omit<Libc, "errno" | "stat" | "readEntries" | "fdopendir" | "readdir" | "closedir">;
type Call = (symbols: Symbols, name: string, ...args: unknown[]) => number;

/** What statx is asked for: type, mode, links, owner, inode. */
const STATX_BASIC = 0x7ff;

function linuxLibc(ffi: BunFfi, library: string, numbers: SystemNumbers, shared: Shared, call: Call): Libc {
  const system = ffi.dlopen(library, { __errno_location: { args: [], returns: "ptr" } }).symbols;
  // One function of the library, twice: its arguments are of other kinds each time
  const statx = ffi.dlopen(library, {
    syscall: { args: ["i64", "i64", "ptr", "i64", "i64", "ptr"], returns: "i64" },
  }).symbols;
  const getdents = ffi.dlopen(library, {
    syscall: { args: ["i64", "i64", "ptr", "i64"], returns: "i64" },
  }).symbols;
  return {
    ...shared,
    errno: () => ffi.read.i32(system["__errno_location"]?.()),
    stat: (fd, path, flags, buffer) =>
      call(statx, "syscall", numbers.statxCall, fd, path, flags, STATX_BASIC, buffer),
    readEntries: (fd, buffer) => call(getdents, "syscall", numbers.getdentsCall, fd, buffer, buffer.length),
  };
}

function macosLibc(ffi: BunFfi, library: string, arch: string, shared: Shared, call: Call): Libc {
  const suffix = arch === "x64" ? "$INODE64" : "";
  const names = {
    stat: `fstatat${suffix}`,
    fdopendir: `fdopendir${suffix}`,
    readdir: `readdir${suffix}`,
  };
  const system = ffi.dlopen(library, {
    __error: { args: [], returns: "ptr" },
    [names.stat]: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    [names.fdopendir]: { args: ["i32"], returns: "ptr" },
    [names.readdir]: { args: ["ptr"], returns: "ptr" },
    closedir: { args: ["ptr"], returns: "i32" },
  }).symbols;
  return {
    ...shared,
    errno: () => ffi.read.i32(system["__error"]?.()),
    stat: (fd, path, flags, buffer) => call(system, names.stat, fd, path, buffer, flags),
    fdopendir: (fd) => system[names.fdopendir]?.(fd),
    readdir: (stream) => system[names.readdir]?.(stream),
    closedir: (stream) => call(system, "closedir", stream),
  };
}
