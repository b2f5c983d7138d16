import { divideExactly } from "./divide-exactly.ts";

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const SPACE = 0x20;

/** Whole numbers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;
/** A mantissa below this takes one more digit and stays exact in a double. */
const MANTISSA_ROOM = (Number.MAX_SAFE_INTEGER - 9) / 10;
/** Further digits that are kept apart from the mantissa. */
const LOW_DIGITS = 4;
/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** pandas refuses larger exponents, also of zero, and exponents of more digits than this. */
const MAX_EXPONENT = 308;
const MAX_EXPONENT_DIGITS = 17;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** The range of 64 bits that a whole number fits: signed, only unsigned, or none of them. */
export type IntegerRange = "int64" | "uint64" | "none";

/** True for what C's `isspace` calls a space; numbers may have such around them. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}

/**
 * A whole number of at most 15 digits with a sign or none, blanks around it allowed; NaN for anything else. `-0` gives
 * -0, so that the sign is seen.
 */
export function parseShortInteger(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let end = to;
  if ((bytes[at] as number) <= SPACE) while (at < end && isSpace(bytes[at] as number)) at += 1;
  if ((bytes[end - 1] as number) <= SPACE) while (end > at && isSpace(bytes[end - 1] as number)) end -= 1;
  const sign = bytes[at] as number;
  if (sign === MINUS || sign === PLUS) at += 1;
  if (at >= end || end - at > EXACT_DIGITS) return Number.NaN;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return sign === MINUS ? -value : value;
}

/** A whole number of any length, blanks around it allowed; undefined for anything else. */
export function parseLongInteger(bytes: Uint8Array, from: number, to: number): bigint | undefined {
  const text = asciiText(bytes, from, to).replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.replace("+", ""));
}

/** Which 64 bits a whole number fits. */
export function integerRange(value: bigint): IntegerRange {
  if (value >= INT64_MIN && value <= INT64_MAX) return "int64";
  return value >= 0n && value <= UINT64_MAX ? "uint64" : "none";
}

/** True when a sign of minus stands before what may be a number. */
export function beginsWithMinus(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isSpace(bytes[at] as number)) at += 1;
  return bytes[at] === MINUS;
}

/**
 * A decimal number as pandas takes it (`precise_xstrtod`: digits, point, exponent, blanks around; `inf` and `infinity` in
 * any case), correctly rounded; NaN for anything else. What passes the range of a double is no number, as in pandas.
 *
 * @param isExact false: enough to know that it is one; the value may be off
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number, isExact: boolean): number {
  let at = from;
  let end = to;
  if ((bytes[at] as number) <= SPACE) while (at < end && isSpace(bytes[at] as number)) at += 1;
  if ((bytes[end - 1] as number) <= SPACE) while (end > at && isSpace(bytes[end - 1] as number)) end -= 1;
  const begin = at;
  const sign = bytes[at] as number;
  if (sign === MINUS || sign === PLUS) at += 1;

  let mantissa = 0;
  let digits = 0;
  let point = -1;
  let low = 0;
  let lowDigits = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (mantissa <= MANTISSA_ROOM) mantissa = mantissa * 10 + digit;
      else {
        low = low * 10 + digit;
        lowDigits += 1;
      }
      digits += 1;
    } else if (byte === POINT && point < 0) point = digits;
    else break;
  }
  if (digits === 0) return parseInfinity(bytes, from, to);
  let exponent = point < 0 ? 0 : point - digits;
  if (at < end) {
    const written = parseExponent(bytes, at, end);
    if (written !== written) return Number.NaN;
    exponent += written;
  }
  if (mantissa === 0 && exponent > MAX_EXPONENT) return Number.NaN;
  if (!isExact && exponent < 0) return 1;
  const size = scaled(mantissa, low, lowDigits, exponent);
  if (size === size) return sign === MINUS ? -size : size;
  const value = Number(asciiText(bytes, begin, end));
  return Number.isFinite(value) ? value : Number.NaN;
}

/** `(mantissa * 10^lowDigits + low) * 10^exponent` where exact operations give the right rounding, else NaN. */
function scaled(mantissa: number, low: number, lowDigits: number, exponent: number): number {
  if (lowDigits > LOW_DIGITS || exponent < -22 || exponent > 22) return mantissa === 0 ? 0 : Number.NaN;
  if (lowDigits > 0) {
    if (exponent > 0) return Number.NaN;
    const divisor = POWERS_OF_TEN[-exponent] as number;
    return divideExactly(mantissa, POWERS_OF_TEN[lowDigits] as number, low, divisor);
  }
  if (exponent < 0) return mantissa / (POWERS_OF_TEN[-exponent] as number);
  return mantissa * (POWERS_OF_TEN[exponent] as number);
}

/** The number behind an `e`, which goes up to `end`; NaN when it is none. */
function parseExponent(bytes: Uint8Array, from: number, end: number): number {
  if (((bytes[from] as number) | 0x20) !== 0x65) return Number.NaN;
  let at = from + 1;
  const sign = bytes[at] as number;
  if (at < end && (sign === MINUS || sign === PLUS)) at += 1;
  if (at >= end || end - at > MAX_EXPONENT_DIGITS) return Number.NaN;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return sign === MINUS ? -value : value;
}

function parseInfinity(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 9) return Number.NaN;
  const word = asciiText(bytes, from, to).toLowerCase();
  if (!/^[+-]?inf(?:inity)?$/.test(word)) return Number.NaN;
  return word.startsWith("-") ? -Infinity : Infinity;
}

/** A short run of bytes as Latin-1: enough for what is tested for digits. */
function asciiText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > 4096) return new TextDecoder("latin1").decode(bytes.subarray(from, to));
  return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[]);
}
