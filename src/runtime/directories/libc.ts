/** Pointers as the runtime's own ffi gives them. */
export type Pointer = unknown;

/** The functions of the system's C library that directories are held with; all give -1 or null for a failure. */
export interface Libc {
  openat(directory: number, path: Uint8Array, flags: number, mode: number): number;
  readlinkat(directory: number, path: Uint8Array, buffer: Uint8Array, size: number): number;
  faccessat(directory: number, path: Uint8Array, mode: number, flags: number): number;
  mkdirat(directory: number, path: Uint8Array, mode: number): number;
  renameat(directory: number, path: Uint8Array, toDirectory: number, toPath: Uint8Array): number;
  unlinkat(directory: number, path: Uint8Array, flags: number): number;
  fchmod(fd: number, mode: number): number;
  fchown(fd: number, uid: number, gid: number): number;
  fsync(fd: number): number;
  close(fd: number): number;
  /** Linux's system call `statx`, macOS' `fstatat`. */
  stat(directory: number, path: Uint8Array, flags: number, buffer: Uint8Array): number;
  /** Linux's system call `getdents64`; absent on macOS. */
  readEntries?(fd: number, buffer: Uint8Array): number;
  /** macOS; absent on Linux. */
  fdopendir?(fd: number): Pointer;
  readdir?(stream: Pointer): Pointer;
  closedir?(stream: Pointer): number;
  /** The number of the last failure. */
  errno(): number;
  /** Bytes at an address. */
  bytesAt(pointer: Pointer, size: number): Uint8Array;
}

/** The numbers of one system; they differ by system, and some by processor. */
export interface SystemNumbers {
  readonly openPlace: number;
  readonly openDirectory: number;
  readonly openFile: number;
  readonly createFile: number;
  readonly noFollow: number;
  readonly currentDirectory: number;
  /** The flag of `fstatat` and `statx` for links themselves. */
  readonly statLink: number;
  readonly statxCall: number;
  readonly getdentsCall: number;
}

/** The numbers for a system, or undefined for one whose numbers are not known here. */
export function numbersOf(platform: string, arch: string): SystemNumbers | undefined {
  const isArm = arch === "arm64";
  if (arch !== "x64" && !isArm) return undefined;
  if (platform === "linux") return linuxNumbers(isArm);
  return platform === "darwin" ? MACOS : undefined;
}

function linuxNumbers(isArm: boolean): SystemNumbers {
  const closeOnExec = 0x80000;
  const directory = isArm ? 0x4000 : 0x10000;
  const noFollow = isArm ? 0x8000 : 0x20000;
  const path = 0x200000;
  return {
    openPlace: path | directory | closeOnExec,
    openDirectory: directory | closeOnExec,
    openFile: 0x800 | noFollow | closeOnExec,
    createFile: 0x1 | 0x40 | 0x80 | noFollow | closeOnExec,
    noFollow,
    currentDirectory: -100,
    statLink: 0x100,
    statxCall: isArm ? 291 : 332,
    getdentsCall: isArm ? 61 : 217,
  };
}

const MACOS_DIRECTORY = 0x100000 | 0x1000000;

const MACOS: SystemNumbers = {
  openPlace: MACOS_DIRECTORY,
  openDirectory: MACOS_DIRECTORY,
  openFile: 0x4 | 0x100 | 0x1000000,
  createFile: 0x1 | 0x200 | 0x800 | 0x100 | 0x1000000,
  noFollow: 0x100,
  currentDirectory: -2,
  statLink: 0x20,
  statxCall: 0,
  getdentsCall: 0,
};

/** Where the C library may be: glibc, musl, macOS. */
export function libraryNames(platform: string, arch: string): readonly string[] {
  if (platform === "darwin") return ["/usr/lib/libSystem.B.dylib"];
  return ["libc.so.6", `libc.musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
}

/**
 * How many arguments stand between those that `openat` names and its mode: Apple's arm64 passes what a function takes
 * beyond its named arguments on the stack, so the registers are filled up before it.
 */
export function openatPadding(platform: string, arch: string): number {
  return platform === "darwin" && arch === "arm64" ? 5 : 0;
}
