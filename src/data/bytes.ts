import { read } from "node:fs";
import { basename } from "node:path";
import type { OpenedFile } from "../access/files.ts";
import { HearthError } from "../errors.ts";

/** Bytes asked of a file at a time: few calls, and the event loop gets its turn between them. */
export const CHUNK_BYTES = 1 << 20;

/** Bytes that can be read more than once, always the same: a file, an upload that was spooled to disk, a buffer. */
export interface ByteInput {
  /** The name as the caller wrote it, for messages. */
  readonly shownName: string;
  /** Bytes in all, where that is known beforehand. */
  readonly size: number | undefined;
  /**
   * Reads from the beginning. The chunks belong to the taker, who must not change them. Throws `file-failed` when the
   * system cannot read on, `data-invalid` when an archive is broken.
   */
  open(): AsyncIterable<Uint8Array>;
}

/** Reads an opened file; the caller keeps it open for as long as it reads, and closes it. */
export function fileInput(file: OpenedFile): ByteInput {
  const { size } = file.stamp;
  return { shownName: file.shownPath, size, open: () => readChunks(file, size) };
}

/** Bytes that are in memory already, in slices, so that a taker pauses as often as with a file. */
export function bufferInput(bytes: Uint8Array, shownName: string): ByteInput {
  return { shownName, size: bytes.length, open: () => sliceChunks(bytes) };
}

/** The name without a compression's extension, for finding out the format: `a.csv.gz` is `a.csv`. */
export function withoutCompression(name: string): string {
  return name.replace(/\.(?:gz|zst)$/i, "");
}

/**
 * Unpacks gzip and Zstandard, told by their first bytes; other input passes as it is. A name ending in `.gz` or `.zst`
 * whose content is neither, and an archive that is damaged or cut off, throw `data-invalid` while reading.
 */
export function decompressed(input: ByteInput): ByteInput {
  const mayBePacked = input.size === undefined || input.size >= 2;
  if (!mayBePacked && !isNamedPacked(input.shownName)) return input;
  return { shownName: input.shownName, size: undefined, open: () => unpack(input) };
}

async function* sliceChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

async function* readChunks(file: OpenedFile, size: number): AsyncGenerator<Uint8Array> {
  // One byte more than the file has: a small file then ends with its first short read.
  const length = Math.min(CHUNK_BYTES, size + 1);
  for (let position = 0; ;) {
    const chunk = await readAt(file, length, position);
    if (chunk.length === 0) return;
    yield chunk;
    position += chunk.length;
    if (chunk.length < length && position >= size) return;
  }
}

/** Bytes of a file from a position on; fewer than `length` at its end only. Throws `file-failed`. */
export function readAt(file: OpenedFile, length: number, position: number): Promise<Uint8Array> {
  if (file.readAt !== undefined) return file.readAt(position, length);
  const buffer = new Uint8Array(length);
  return new Promise((resolve, reject) => {
    read(file.fd, buffer, 0, length, position, (cause, count) => {
      if (cause === null) resolve(count === length ? buffer : buffer.subarray(0, count));
      else
        reject(new HearthError("file-failed", `"${file.shownPath}" could not be read to its end`, { cause }));
    });
  });
}

/** True for a file that `decompressed` would unpack, or refuse for its name. */
export function isPacked(name: string, head: Uint8Array): boolean {
  return isNamedPacked(name) || packingOf(head) !== undefined;
}

function isNamedPacked(name: string): boolean {
  return withoutCompression(name) !== name;
}

async function* unpack(input: ByteInput): AsyncGenerator<Uint8Array> {
  const chunks = input.open()[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    const head = first.done === true ? new Uint8Array(0) : first.value;
    const whole = startingWith(head, chunks);
    const packing = packingOf(head);
    if (packing === undefined) {
      if (isNamedPacked(input.shownName)) throw notPacked(input.shownName);
      yield* whole;
    } else {
      const { gunzip, unzstd } = await import("./unpack.ts");
      yield* packing === "gzip" ? gunzip(whole, input.shownName) : unzstd(whole, input.shownName);
    }
  } finally {
    await chunks.return?.();
  }
}

async function* startingWith(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length === 0) return;
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** RFC 1952, section 2.3.1, and RFC 8878, sections 3.1.1 and 3.1.2. */
function packingOf(head: Uint8Array): "gzip" | "zstd" | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  const isFrame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  const isSkippable =
    ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return isFrame || isSkippable ? "zstd" : undefined;
}

function notPacked(shownName: string): HearthError {
  const kind = /gz$/i.test(shownName) ? "gzip" : "Zstandard";
  return new HearthError("data-invalid", `"${shownName}" is not a ${kind} archive, though its name says so`, {
    hint: `Name it "${withoutCompression(basename(shownName))}" if it is not compressed.`,
  });
}
