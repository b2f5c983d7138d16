import type { DirectoryEntry, EntryStat } from "./types.ts";

/** Room for the stat of either system. */
export const STAT_BYTES = 256;

/** Where macOS has what in an entry of a directory. */
export const MACOS_ENTRY = { headBytes: 21, lengthAt: 16 };

type RecordKind = DirectoryEntry["kind"] | undefined;

const KINDS: Readonly<Record<number, RecordKind>> = { 0: undefined, 4: "folder", 8: "file", 10: "link" };

const decoder = new TextDecoder();

/** The numbers of a stat, as `statx` (Linux) and `fstatat` with 64-bit inodes (macOS) lay them out. */
export function fileStat(bytes: Uint8Array, platform: string): EntryStat {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = (at: number) => BigInt(view.getUint16(at, true));
  const int = (at: number) => BigInt(view.getUint32(at, true));
  const long = (at: number) => view.getBigUint64(at, true);
  if (platform === "darwin") {
    return { dev: int(0), mode: short(4), nlink: short(6), ino: long(8), uid: int(16), gid: int(20) };
  }
  const [major, minor] = [int(136), int(140)];
  return {
    dev: deviceNumber(major, minor),
    mode: short(28),
    nlink: int(16),
    ino: long(32),
    uid: int(20),
    gid: int(24),
  };
}

/** When a file was last written, in milliseconds since the epoch. */
export function writtenMs(bytes: Uint8Array, platform: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Number(view.getBigInt64(platform === "darwin" ? 48 : 112, true)) * 1000;
}

/** One number for a device, as Linux' C libraries make it of its two. */
function deviceNumber(major: bigint, minor: bigint): bigint {
  return (
    ((major & 0xfffff000n) << 32n) |
    ((major & 0xfffn) << 8n) |
    ((minor & 0xffffff00n) << 12n) |
    (minor & 0xffn)
  );
}

/** The entries in what `getdents64` (Linux) or `readdir` (macOS) gave; a kind is undefined where it is not told. */
export function directoryRecords(
  bytes: Uint8Array,
  platform: string,
): { readonly name: string; readonly kind: RecordKind }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [typeAt, nameAt] = platform === "darwin" ? [20, 21] : [18, 19];
  const found = [];
  for (let start = 0; start + nameAt < bytes.length;) {
    const length = view.getUint16(start + 16, true);
    const end = bytes.indexOf(0, start + nameAt);
    const name = decoder.decode(bytes.subarray(start + nameAt, end));
    const type = view.getUint8(start + typeAt);
    const kind = type in KINDS ? KINDS[type] : "other";
    if (name !== "." && name !== "..") found.push({ name, kind });
    start += length;
  }
  return found;
}
