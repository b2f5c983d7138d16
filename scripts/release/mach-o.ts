import { createHash } from "node:crypto";

const MAGIC_64 = 0xfe_ed_fa_cf;
const SEGMENT_64 = 0x19;
const CODE_SIGNATURE = 0x1d;
/** Magic numbers inside a signature, which is big-endian throughout. */
export const SUPER_BLOB = 0xfa_de_0c_c0;
export const CODE_DIRECTORY = 0xfa_de_0c_02;

const CPUS: Readonly<Record<number, string>> = { 0x1_00_00_07: "x64", 0x1_00_00_0c: "arm64" };

/** A part of the file that is mapped into memory. */
export interface Segment {
  readonly name: string;
  /** Where its load command stands in the file. */
  readonly command: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

/** What a macOS program's header says. */
export interface MachO {
  /** "x64", "arm64", or undefined for any other. */
  readonly arch: string | undefined;
  readonly segments: readonly Segment[];
  /** Where the signature's load command stands, and the signature itself; undefined: there is none. */
  readonly signature:
    | { readonly command: number; readonly offset: number; readonly size: number }
    | undefined;
}

/**
 * Reads the header of a 64-bit Mach-O file (Apple's `mach-o/loader.h`).
 *
 * @returns undefined when it is none
 */
export function readMachO(file: Uint8Array): MachO | undefined {
  const bytes = viewOf(file);
  if (bytes.byteLength < 32 || bytes.getUint32(0, true) !== MAGIC_64) return undefined;
  const segments: Segment[] = [];
  let signature: MachO["signature"];
  let command = 32;
  for (let left = bytes.getUint32(16, true); left > 0; left--) {
    const kind = bytes.getUint32(command, true);
    if (kind === SEGMENT_64) segments.push(readSegment(file, command));
    if (kind === CODE_SIGNATURE) {
      const [offset, size] = [bytes.getUint32(command + 8, true), bytes.getUint32(command + 12, true)];
      signature = { command, offset, size };
    }
    command += bytes.getUint32(command + 4, true);
  }
  return { arch: CPUS[bytes.getUint32(4, true)], segments, signature };
}

/**
 * What is wrong with a program's signature; undefined: nothing. macOS kills a program at its start, without a word, when a
 * page differs from its hash; it also wants everything before the signature to be covered, and nothing behind it.
 */
export function signatureFault(file: Uint8Array): string | undefined {
  const signature = readMachO(file)?.signature;
  if (signature === undefined) return "it has no signature";
  if (signature.offset + signature.size !== file.length) return "the signature is not the end of the file";
  const directory = findDirectory(file, signature.offset);
  if (directory === undefined) return "the signature has no code directory";
  const limit = directory.getUint32(32);
  if (limit !== signature.offset) return `the signature covers ${limit} bytes of ${signature.offset}`;
  const pageBytes = 2 ** directory.getUint8(39);
  const firstHash = directory.getUint32(16);
  if (directory.getUint32(28) !== Math.ceil(limit / pageBytes)) return "the signature has too few hashes";
  for (let page = 0; page * pageBytes < limit; page++) {
    const at = directory.byteOffset - file.byteOffset + firstHash + page * 32;
    const end = Math.min((page + 1) * pageBytes, limit);
    if (!hashOf(file.subarray(page * pageBytes, end)).equals(file.subarray(at, at + 32))) {
      return `page ${page} differs from its hash in the signature`;
    }
  }
  return undefined;
}

/** SHA-256, the only kind of hash that is used here. */
export function hashOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** The file's bytes as numbers. */
export function viewOf(file: Uint8Array, from = 0): DataView {
  return new DataView(file.buffer, file.byteOffset + from, file.byteLength - from);
}

function readSegment(file: Uint8Array, command: number): Segment {
  const bytes = viewOf(file);
  const name = new TextDecoder("latin1").decode(file.subarray(command + 8, command + 24));
  return {
    name: name.replace(/\0.*/s, ""),
    command,
    fileOffset: Number(bytes.getBigUint64(command + 40, true)),
    fileSize: Number(bytes.getBigUint64(command + 48, true)),
  };
}

/** The signature's list of page hashes, among the blobs that it may hold. */
function findDirectory(file: Uint8Array, signature: number): DataView | undefined {
  const blob = viewOf(file, signature);
  if (blob.getUint32(0) !== SUPER_BLOB) return undefined;
  for (let index = 0; index < blob.getUint32(8); index++) {
    const directory = viewOf(file, signature + blob.getUint32(16 + 8 * index));
    // SHA-256 is kind 2.
    if (directory.getUint32(0) === CODE_DIRECTORY && directory.getUint8(37) === 2) return directory;
  }
  return undefined;
}
