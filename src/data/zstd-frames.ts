import type { HearthError } from "../errors.ts";

type Chunks = AsyncIterable<Uint8Array>;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const RLE_BLOCK = 1;

/**
 * Cuts a Zstandard file into its frames, without unpacking (RFC 8878, section 3.1), so that a missing end is seen.
 * Skippable frames are left out. Each frame must be read to its end before the next is asked for.
 *
 * @param broken makes the error for what is no frame and for one that has no end
 */
export async function* zstdFrames(chunks: Chunks, broken: () => HearthError): AsyncGenerator<Chunks> {
  const input = new ByteTaker(chunks, broken);
  while (await input.hasMore()) {
    const magic = littleEndian(await input.take(4));
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      const size = littleEndian(await input.take(4));
      for await (const _skipped of input.pass(size));
    } else if (magic === FRAME_MAGIC) yield frame(input);
    else throw broken();
  }
}

async function* frame(input: ByteTaker): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
  const descriptor = await input.take(1);
  yield descriptor;
  const flags = descriptor[0] as number;
  yield* input.pass(headerBytes(flags));
  for (let isLast = false; !isLast;) {
    const header = await input.take(3);
    yield header;
    const bits = littleEndian(header);
    isLast = (bits & 1) === 1;
    yield* input.pass(((bits >> 1) & 3) === RLE_BLOCK ? 1 : bits >> 3);
  }
  if ((flags & 0b100) !== 0) yield* input.pass(4);
}

/** Bytes of the frame header behind its descriptor: window, dictionary id, content size. */
function headerBytes(flags: number): number {
  const isSingleSegment = (flags & 0b100000) !== 0;
  const sizeFlag = (flags >> 6) as 0 | 1 | 2 | 3;
  const contentSize = sizeFlag === 0 && isSingleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag];
  return (isSingleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[(flags & 3) as 0 | 1 | 2 | 3] + contentSize;
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i -= 1) value = value * 256 + (bytes[i] as number);
  return value;
}

/** Takes exact numbers of bytes out of chunks of any size. */
class ByteTaker {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #broken: () => HearthError;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: Chunks, broken: () => HearthError) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#broken = broken;
  }

  async hasMore(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#chunk = next.value;
    }
    return true;
  }

  /** The next `count` bytes in pieces. */
  async *pass(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (!(await this.hasMore())) throw this.#broken();
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next `count` bytes as one. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let at = 0;
    for await (const piece of this.pass(count)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}
