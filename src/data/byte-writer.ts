const encoder = new TextEncoder();

/** Text up to this many UTF-16 units is copied unit by unit; beyond it one call of `encodeInto` is quicker. */
const SHORT_TEXT = 32;

/** Bytes runs up to this length are copied one by one: below it `set` costs more than the loop. */
const SHORT_RUN = 48;

/**
 * A buffer that grows as bytes are added. Encoders call `reserve` once for several bytes and may then write to `bytes`
 * at `length` themselves.
 */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes written so far. */
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(Math.max(16, capacity));
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(this.bytes.length * 1.7)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Adds bytes `[from, to)` of `source`. */
  append(source: Uint8Array, from = 0, to = source.length): void {
    this.reserve(to - from);
    if (to - from > SHORT_RUN) {
      this.bytes.set(source.subarray(from, to), this.length);
      this.length += to - from;
      return;
    }
    const bytes = this.bytes;
    let at = this.length;
    for (let i = from; i < to; i += 1) bytes[at++] = source[i] as number;
    this.length = at;
  }

  /** Adds a text as UTF-8; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    this.reserve(value.length * 3);
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return;
    this.length += encoder.encodeInto(value, this.bytes.subarray(this.length)).written;
  }

  /** Adds a short text if it is ASCII; room is there already. */
  #shortAscii(value: string): boolean {
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < value.length; i += 1) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.length = at;
    return true;
  }

  /** Adds a whole number in decimal digits. */
  integer(value: number): void {
    if (!(value <= 0x7fffffff && value >= -0x7fffffff)) {
      this.text(String(value));
      return;
    }
    this.reserve(11);
    let rest = value;
    if (rest < 0) {
      this.bytes[this.length++] = 0x2d;
      rest = -rest;
    }
    this.#digits(rest, digitsOf(rest));
  }

  /** Adds exactly `count` digits of a whole number below 2^31, with leading zeros; room is there already. */
  #digits(value: number, count: number): void {
    const bytes = this.bytes;
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at -= 1) {
      const quotient = (rest / 10) | 0;
      bytes[at] = 0x30 + (rest - quotient * 10);
      rest = quotient;
    }
    this.length += count;
  }

  /**
   * Adds a finite float in the shortest form that gives it back, always with a point or an exponent: `1.0`, `0.1`,
   * `1e+22`.
   */
  float(value: number): void {
    if (this.#shortFloat(value)) return;
    const text = String(value);
    this.text(text);
    if (/^-?\d+$/.test(text)) this.text(".0");
  }

  /**
   * Most floats in data have few decimals. When `value` is `scaled / 10^6` exactly and `scaled` has at most 15 digits,
   * its digits are the shortest form: no two decimals of up to 15 digits give the same double.
   */
  #shortFloat(value: number): boolean {
    const size = Math.abs(value);
    if (!(size < 1e9)) return false;
    const scaled = Math.round(size * 1e6);
    if (scaled / 1e6 !== size) return false;
    this.reserve(20);
    if (value < 0 || Object.is(value, -0)) this.bytes[this.length++] = 0x2d;
    const whole = Math.floor(scaled / 1e6);
    this.#digits(whole, digitsOf(whole));
    this.bytes[this.length++] = 0x2e;
    let decimals = scaled - whole * 1e6;
    let count = 6;
    while (count > 1 && decimals % 10 === 0) {
      decimals /= 10;
      count -= 1;
    }
    this.#digits(decimals, count);
    return true;
  }

  /** What was written, as a view on the buffer: valid until something more is added. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** What was written, in a buffer that holds nothing else; the writer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    // A view keeps the whole buffer alive: worth it only while little is wasted.
    const isTight = this.length * 8 >= this.bytes.length * 7;
    const taken = isTight ? this.view() : this.bytes.slice(0, this.length);
    if (isTight) this.bytes = new Uint8Array(16);
    this.length = 0;
    return taken;
  }
}

function digitsOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
