import { HearthError } from "../errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8; a byte order mark stays in the text. Throws `encoding-invalid`, naming line and byte, when the bytes
 * are not UTF-8.
 *
 * @param firstLine number of the first line, for texts that are a part of a file
 */
export function decodeUtf8(bytes: Uint8Array, shownName: string, firstLine = 1): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw notUtf8(bytes, firstInvalidByte(bytes), shownName, firstLine, cause);
  }
}

/** `encoding-invalid` for the byte at `at`. */
export function notUtf8(
  bytes: Uint8Array,
  at: number,
  shownName: string,
  firstLine = 1,
  cause?: unknown,
): HearthError {
  const line = lineOf(bytes, at) + firstLine - 1;
  const byte = `0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`;
  return new HearthError("encoding-invalid", `${shownName} is not UTF-8: line ${line}, byte ${byte}`, {
    hint: "Save it as UTF-8.",
    cause,
  });
}

function lineOf(bytes: Uint8Array, at: number): number {
  let line = 1;
  for (let next = bytes.indexOf(0x0a); next !== -1 && next < at; next = bytes.indexOf(0x0a, next + 1))
    line += 1;
  return line;
}

/** Offset of the first sequence that is not UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
export function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i += 1) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}
