import type { ByteWriter } from "./byte-writer.ts";
import { isCellObject, keysOf } from "./json-keys.ts";
import { Moment } from "./moment.ts";
import { type Cell, WholeFloat } from "./table.ts";

/** 1 for bytes that stand in a JSON text as they are; 0 for quotes, backslashes and control characters. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === 0x22 || byte === 0x5c ? 0 : 1,
);

const HEX = new TextEncoder().encode("0123456789abcdef");
const SHORT_ESCAPES: Record<number, number> = {
  0x08: 0x62,
  0x09: 0x74,
  0x0a: 0x6e,
  0x0c: 0x66,
  0x0d: 0x72,
  0x22: 0x22,
  0x5c: 0x5c,
};

/**
 * Adds any value as JSON: floats keep their point (`2.0`), whole numbers all digits, mappings their key order, lone
 * surrogates become escapes. Values of JavaScript that JSON has not (undefined) become null.
 */
export function appendJson(out: ByteWriter, value: unknown, nonFinite: NonFinite = "null"): void {
  if (typeof value === "string") appendJsonString(out, value);
  else if (typeof value === "number") appendNumber(out, value, nonFinite);
  else if (typeof value === "boolean") out.text(value ? "true" : "false");
  else if (typeof value === "bigint") out.text(value.toString());
  else if (value instanceof WholeFloat) appendFloat(out, value.value);
  else if (value instanceof Moment) appendJsonString(out, value.iso);
  else if (Array.isArray(value)) appendList(out, value, nonFinite);
  else if (isCellObject(value)) appendMapping(out, value, nonFinite);
  else out.text("null");
}

/** How NaN and the infinities are written: as JSON has it, or as the words that Python and `parseJson` read. */
export type NonFinite = "null" | "word";

function appendList(out: ByteWriter, list: readonly unknown[], nonFinite: NonFinite): void {
  out.byte(0x5b);
  for (let i = 0; i < list.length; i += 1) {
    if (i > 0) out.byte(0x2c);
    appendJson(out, list[i], nonFinite);
  }
  out.byte(0x5d);
}

function appendMapping(
  out: ByteWriter,
  mapping: { readonly [key: string]: Cell },
  nonFinite: NonFinite,
): void {
  let separator = 0x7b;
  for (const key of keysOf(mapping)) {
    // A plain object of our own code may leave a key undefined; JSON leaves it out.
    if (mapping[key] === undefined) continue;
    out.byte(separator);
    separator = 0x2c;
    appendJsonString(out, key);
    out.byte(0x3a);
    appendJson(out, mapping[key], nonFinite);
  }
  if (separator === 0x7b) out.byte(0x7b);
  out.byte(0x7d);
}

function appendNumber(out: ByteWriter, value: number, nonFinite: NonFinite): void {
  if (Number.isSafeInteger(value)) out.integer(value === 0 ? 0 : value);
  else if (nonFinite === "word" && !Number.isFinite(value)) out.text(String(value));
  else appendFloat(out, value);
}

/** Adds a float, spelled so that every reader sees a float; NaN and the infinities become null. */
export function appendFloat(out: ByteWriter, value: number): void {
  if (Number.isFinite(value)) out.float(value);
  else out.text("null");
}

/** Adds a JSON string; `JSON.stringify` is exact about escapes and lone surrogates. */
export function appendJsonString(out: ByteWriter, value: string): void {
  out.text(JSON.stringify(value));
}

/** Adds the UTF-8 text `bytes[from .. to)` as a JSON string: what needs no escape is copied as it is. */
export function appendJsonBytes(out: ByteWriter, bytes: Uint8Array, from: number, to: number): void {
  out.reserve((to - from) * 6 + 2);
  const target = out.bytes;
  let at = out.length;
  target[at++] = 0x22;
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] as number;
    if (PLAIN[byte] === 1) target[at++] = byte;
    else at = escapeByte(target, at, byte);
  }
  target[at++] = 0x22;
  out.length = at;
}

function escapeByte(target: Uint8Array, start: number, byte: number): number {
  let at = start;
  const short = SHORT_ESCAPES[byte];
  target[at++] = 0x5c;
  if (short !== undefined) target[at++] = short;
  else {
    target[at++] = 0x75;
    target[at++] = 0x30;
    target[at++] = 0x30;
    target[at++] = HEX[byte >> 4] as number;
    target[at++] = HEX[byte & 15] as number;
  }
  return at;
}
