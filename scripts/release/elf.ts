const MACHINES: Readonly<Record<number, string>> = { 0x3e: "x64", 0xb7: "arm64" };
const INTERPRETER = 3;

/** What a Linux program's or library's header says. */
export interface Elf {
  /** "x64", "arm64", or undefined for any other. */
  readonly arch: string | undefined;
  /** The loader that it asks for, which tells glibc from musl; undefined for a library. */
  readonly interpreter: string | undefined;
}

/**
 * Reads the header of a 64-bit little-endian ELF file (`elf.h`).
 *
 * @returns undefined when it is none
 */
export function readElf(file: Uint8Array): Elf | undefined {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = file.length > 64 && bytes.getUint32(0) === 0x7f_45_4c_46;
  if (!isElf || bytes.getUint8(4) !== 2 || bytes.getUint8(5) !== 1) return undefined;
  return { arch: MACHINES[bytes.getUint16(18, true)], interpreter: readInterpreter(file, bytes) };
}

function readInterpreter(file: Uint8Array, bytes: DataView): string | undefined {
  const table = Number(bytes.getBigUint64(32, true));
  const [entrySize, count] = [bytes.getUint16(54, true), bytes.getUint16(56, true)];
  for (let entry = table; entry < table + entrySize * count; entry += entrySize) {
    if (bytes.getUint32(entry, true) !== INTERPRETER) continue;
    const offset = Number(bytes.getBigUint64(entry + 8, true));
    const size = Number(bytes.getBigUint64(entry + 32, true));
    return new TextDecoder("latin1").decode(file.subarray(offset, offset + size)).replace(/\0.*/s, "");
  }
  return undefined;
}
