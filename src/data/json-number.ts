import { WholeFloat } from "./table.ts";

/** Python's own limit for whole numbers; converting longer ones takes quadratic time. */
export const MAX_DIGITS = 4300;

/** Whole numbers up to this many digits are exact in a double while they are added up digit by digit. */
const EXACT_DIGITS = 15;

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;

/** Reads JSON numbers out of a text (RFC 8259, section 6, and Python's `-Infinity`). */
export class NumberReader {
  /** Where the last number ended, or where it broke. */
  end = 0;
  /** What should have stood at `end` of a broken number; undefined when it only was too long. */
  expected: string | undefined = undefined;

  /**
   * The number that begins at `start`: whole ones exact, floats with a whole value as `WholeFloat`. Undefined when
   * there is none; `end` and `expected` tell why.
   */
  read(text: string, start: number): number | bigint | WholeFloat | undefined {
    const isNegative = text.charCodeAt(start) === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let mantissa = 0;
    let code = text.charCodeAt(at);
    for (; code >= ZERO && code <= NINE; code = text.charCodeAt((at += 1)))
      mantissa = mantissa * 10 + (code - ZERO);
    const digits = at - first;
    if (digits === 0) return this.#noDigits(text, at, isNegative);
    if (digits > 1 && text.charCodeAt(first) === ZERO)
      return this.#broken(start, "a number without leading zeros");
    if (code !== POINT && code !== 0x65 && code !== 0x45) {
      this.end = at;
      if (digits > EXACT_DIGITS) return this.#longInteger(text, start, at);
      return isNegative && mantissa !== 0 ? -mantissa : mantissa;
    }
    let decimals = 0;
    if (code === POINT) {
      const firstDecimal = at + 1;
      at = firstDecimal;
      for (code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt((at += 1))) {
        mantissa = mantissa * 10 + (code - ZERO);
      }
      decimals = at - firstDecimal;
      if (decimals === 0) return this.#broken(at, "a digit");
    }
    this.end = at;
    if (code === 0x65 || code === 0x45) {
      if (!this.#exponent(text, at)) return undefined;
      decimals = Number.MAX_SAFE_INTEGER;
    }
    // Up to 15 digits and a power of ten below 1e23 are exact, so one division rounds right (Clinger, 1990).
    const isExact = decimals <= 22 && digits + decimals <= EXACT_DIGITS;
    const size = isExact
      ? mantissa / (POWERS_OF_TEN[decimals] as number)
      : Number(text.slice(first, this.end));
    const value = isNegative ? -size : size;
    return Number.isInteger(value) ? new WholeFloat(value) : value;
  }

  /** Moves `end` behind the exponent. */
  #exponent(text: string, exponentAt: number): boolean {
    let at = exponentAt + 1;
    const sign = text.charCodeAt(at);
    if (sign === MINUS || sign === 0x2b) at += 1;
    const first = at;
    for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE;) code = text.charCodeAt((at += 1));
    this.end = at;
    this.expected = "a digit";
    return at > first;
  }

  #longInteger(text: string, start: number, end: number): number | bigint | undefined {
    this.expected = undefined;
    if (end - start > MAX_DIGITS) return undefined;
    const exact = BigInt(text.slice(start, end));
    const value = Number(exact);
    return Number.isSafeInteger(value) ? value : exact;
  }

  #noDigits(text: string, at: number, isNegative: boolean): number | undefined {
    if (!isNegative || !text.startsWith("Infinity", at)) return this.#broken(at, "a digit");
    this.end = at + "Infinity".length;
    return Number.NEGATIVE_INFINITY;
  }

  #broken(at: number, expected: string): undefined {
    this.end = at;
    this.expected = expected;
    return undefined;
  }
}
