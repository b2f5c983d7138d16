import { CODE_DIRECTORY, hashOf, readMachO, type Segment, SUPER_BLOB, viewOf } from "./mach-o.ts";

const PAGE_BYTES = 4096;
const HASH_BYTES = 32;
/** SuperBlob with one entry, and a code directory of version 0x20400, both without what follows them. */
const BLOB_HEADER = 20;
const DIRECTORY_HEADER = 88;
/** Signed by nobody, and by a tool that builds: what `ld` writes, and `codesign` replaces without being forced. */
const AD_HOC_LINKER_SIGNED = 0x2_00_02;
const MAIN_BINARY = 1n;

/**
 * Gives a macOS program a signature that belongs to nobody but fits its bytes, in the place of the one it has. Bun 1.4 does
 * so for arm64 only; in an x64 program that it compiles, the signature of Bun's own makers stays, which no longer fits
 * (https://github.com/oven-sh/bun/pull/39772). The layout is Apple's (`cs_blobs.h`), as linkers write it.
 *
 * @returns the signed file
 * @throws when there is no signature to replace
 */
export function signAdHoc(file: Uint8Array, identifier: string): Uint8Array {
  const header = readMachO(file);
  const text = header?.segments.find(({ name }) => name === "__TEXT");
  const last = header?.segments.find(({ name }) => name === "__LINKEDIT");
  if (header?.signature === undefined || text === undefined || last === undefined) {
    throw new Error("The program has no room for a signature");
  }
  const { offset, command } = header.signature;
  const pages = Math.ceil(offset / PAGE_BYTES);
  const name = new TextEncoder().encode(`${identifier}\0`);
  const size = BLOB_HEADER + DIRECTORY_HEADER + name.length + pages * HASH_BYTES;
  const padded = Math.ceil(size / 16) * 16;
  const signed = new Uint8Array(offset + padded);
  signed.set(file.subarray(0, offset));
  // The header is hashed too, so it has to be right first.
  viewOf(signed).setUint32(command + 12, padded, true);
  growTo(signed, last, offset + padded);
  writeBlob(viewOf(signed, offset), size, pages, { codeLimit: offset, text, nameBytes: name.length });
  signed.set(name, offset + BLOB_HEADER + DIRECTORY_HEADER);
  const firstHash = offset + size - pages * HASH_BYTES;
  for (let page = 0; page < pages; page++) {
    const end = Math.min((page + 1) * PAGE_BYTES, offset);
    signed.set(hashOf(signed.subarray(page * PAGE_BYTES, end)), firstHash + page * HASH_BYTES);
  }
  return signed;
}

/** The last segment ends where the file ends. */
function growTo(file: Uint8Array, segment: Segment, end: number): void {
  const bytes = viewOf(file);
  const fileSize = end - segment.fileOffset;
  const memorySize = Math.ceil(fileSize / 0x4000) * 0x4000;
  bytes.setBigUint64(segment.command + 32, BigInt(memorySize), true);
  bytes.setBigUint64(segment.command + 48, BigInt(fileSize), true);
}

interface Covered {
  /** Bytes of the file that are hashed. */
  readonly codeLimit: number;
  readonly text: Segment;
  readonly nameBytes: number;
}

function writeBlob(blob: DataView, size: number, pages: number, covered: Covered): void {
  const { codeLimit, text, nameBytes } = covered;
  [SUPER_BLOB, size, 1, 0, BLOB_HEADER].forEach((word, index) => blob.setUint32(index * 4, word));
  const words = [
    CODE_DIRECTORY,
    size - BLOB_HEADER,
    0x2_04_00, // version
    AD_HOC_LINKER_SIGNED,
    DIRECTORY_HEADER + nameBytes, // where the hashes begin
    DIRECTORY_HEADER, // where the name begins
    0, // hashes of other things than pages
    pages,
    codeLimit,
  ];
  words.forEach((word, index) => blob.setUint32(BLOB_HEADER + index * 4, word));
  // Size and kind of a hash, platform, the page's size as a power of two.
  [HASH_BYTES, 2, 0, Math.log2(PAGE_BYTES)].forEach((byte, index) =>
    blob.setUint8(BLOB_HEADER + 36 + index, byte),
  );
  const segment = [BigInt(text.fileOffset), BigInt(text.fileSize), MAIN_BINARY];
  segment.forEach((word, index) => blob.setBigUint64(BLOB_HEADER + 64 + index * 8, word));
}
