import { readElf } from "./elf.ts";
import { readMachO, signatureFault } from "./mach-o.ts";
import type { ReleaseTarget } from "./targets.ts";

/** Bytes of the engine's library that are looked for in the binary: its end, which no other version shares. */
const SAMPLE_BYTES = 4096;

/**
 * What would keep a binary from running on its platform, as far as its bytes tell: format, processor, loader, signature,
 * and whether the engine of just this platform is inside. Undefined: nothing.
 *
 * @param library the engine's library as its package has it
 */
export function formatFault(
  binary: Uint8Array,
  library: Uint8Array,
  target: ReleaseTarget,
): string | undefined {
  const fault = target.os === "linux" ? elfFault(binary, target) : machOFault(binary, target);
  if (fault !== undefined) return fault;
  const sample = Buffer.from(library.subarray(-SAMPLE_BYTES));
  const isInside = Buffer.from(binary.buffer, binary.byteOffset, binary.length).includes(sample);
  return isInside ? undefined : "the engine of this platform is not in it";
}

function elfFault(binary: Uint8Array, { arch, libc }: ReleaseTarget): string | undefined {
  const elf = readElf(binary);
  if (elf === undefined) return "it is no ELF file";
  if (elf.arch !== arch) return `it is for ${elf.arch ?? "another processor"}, not ${arch}`;
  const isMusl = elf.interpreter?.includes("musl") === true;
  const isRight = elf.interpreter !== undefined && isMusl === (libc === "musl");
  return isRight ? undefined : `it asks for the loader ${elf.interpreter ?? "of nobody"}, not one of ${libc}`;
}

function machOFault(binary: Uint8Array, { arch }: ReleaseTarget): string | undefined {
  const header = readMachO(binary);
  if (header === undefined) return "it is no Mach-O file";
  if (header.arch !== arch) return `it is for ${header.arch ?? "another processor"}, not ${arch}`;
  return signatureFault(binary);
}
