import { HearthError } from "../errors.ts";
import { foundAt, jsonErrorOf, type JsonOrigin } from "./json-error.ts";
import { keepOrder, setOwn } from "./json-keys.ts";
import { MAX_DIGITS, NumberReader } from "./json-number.ts";
import type { Cell, WholeFloat } from "./table.ts";

/** Nesting beyond this is refused, so that no text can exhaust the stack. */
export const MAX_DEPTH = 512;

/** What engines need for an empty list, an object with a few keys, and a text or number outside its place, in words. */
const LIST_WORDS = 7;
const OBJECT_WORDS = 8;
const TEXT_WORDS = 4;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** One pass over one JSON text; `json-parse.ts` tells what it accepts. */
export class JsonParser {
  protected text: string;
  protected readonly origin: JsonOrigin;
  protected at = 0;
  protected depth = 0;
  /** What the values made so far take in memory, roughly, in words of 8 bytes. */
  protected words = 0;
  /** The keys of the object before, by position: records repeat theirs, and comparing is quicker than cutting out. */
  protected readonly lastKeys: string[] = [];
  private readonly numbers = new NumberReader();
  private readonly maxDepth: number;

  constructor(text: string, origin: JsonOrigin, maxDepth = MAX_DEPTH) {
    this.text = text;
    this.origin = origin;
    this.maxDepth = maxDepth;
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  parse(): Cell {
    this.skipBlanks();
    const value = this.value();
    this.skipBlanks();
    if (this.at < this.text.length) throw this.expected("the end");
    return value;
  }

  /**
   * Takes the text as one JSON value a line; blank lines are passed over.
   *
   * @param take called with each value and the number of its line
   */
  parseLines(take: (value: Cell, line: number) => void): void {
    const text = this.text;
    for (let line = this.origin.firstLine ?? 1; this.at < text.length; line += 1) {
      const newline = text.indexOf("\n", this.at);
      const end = newline === -1 ? text.length : newline;
      this.skipInLine();
      if (this.at < end) take(this.line(end, line), line);
      this.at = end + 1;
    }
  }

  private line(end: number, line: number): Cell {
    const start = this.at;
    try {
      const value = this.value();
      this.skipInLine();
      if (this.at === end) return value;
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
    }
    // Whatever went wrong, the line by itself shows it best: a value must not run on into the next one.
    const lineStart = this.text.lastIndexOf("\n", start) + 1;
    const alone = this.text.slice(lineStart, end).replace(/^\uFEFF/, "");
    return new JsonParser(alone, { ...this.origin, firstLine: line }).parse();
  }

  private skipInLine(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return;
      this.at += 1;
    }
  }

  protected value(): Cell {
    const code = this.text.charCodeAt(this.at);
    if (code === QUOTE) return this.string();
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.number();
    if (code === 0x7b) return this.object();
    if (code === 0x5b) return this.array();
    if (code === 0x74) return this.word("true", true);
    if (code === 0x66) return this.word("false", false);
    if (code === 0x6e) return this.word("null", null);
    if (code === 0x4e) return this.word("NaN", Number.NaN);
    if (code === 0x49) return this.word("Infinity", Number.POSITIVE_INFINITY);
    throw this.expected("a value");
  }

  private word<T extends Cell>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.expected("a value");
    this.at += word.length;
    return value;
  }

  private array(): Cell {
    const items: Cell[] = [];
    this.enter();
    if (this.next() === 0x5d) {
      this.words += LIST_WORDS;
      return this.leave(items);
    }
    for (;;) {
      items.push(this.value());
      const code = this.next();
      if (code === COMMA) {
        this.at += 1;
        this.skipBlanks();
      } else if (code === 0x5d) {
        this.words += LIST_WORDS + items.length;
        return this.leave(items);
      } else throw this.expected("`,` or `]`");
    }
  }

  private object(): Cell {
    const object: { [key: string]: Cell } = {};
    let written: string[] | undefined;
    this.enter();
    this.words += OBJECT_WORDS;
    if (this.next() === 0x7d) return this.leave(object);
    for (let position = 0; ; position += 1) {
      const key = this.key(position);
      if (this.next() !== COLON) throw this.expected("`:`");
      this.at += 1;
      this.skipBlanks();
      const first = key.charCodeAt(0);
      // Only keys that begin with a digit can be moved by JavaScript; from the first such key on the order is noted.
      if (first <= NINE && first >= ZERO) written ??= Object.keys(object);
      if (written !== undefined && !Object.hasOwn(object, key)) written.push(key);
      setOwn(object, key, this.value());
      const code = this.next();
      if (code === COMMA) {
        this.at += 1;
        this.skipBlanks();
      } else if (code === 0x7d) {
        if (written !== undefined) keepOrder(object, written);
        this.words += 2 * position;
        return this.leave(object);
      } else throw this.expected("`,` or `}`");
    }
  }

  protected key(position: number): string {
    const likely = this.lastKeys[position];
    if (this.text.charCodeAt(this.at) !== QUOTE) throw this.expected("a key in double quotes");
    if (likely !== undefined && this.text.startsWith(likely, this.at + 1)) {
      const end = this.at + 1 + likely.length;
      if (this.text.charCodeAt(end) === QUOTE) {
        this.at = end + 1;
        return likely;
      }
    }
    const start = this.at;
    const key = this.string();
    // A key written with escapes would not be found again by comparing.
    if (this.at - start === key.length + 2 && position < 4096) this.lastKeys[position] = key;
    return key;
  }

  private string(): string {
    const text = this.text;
    const start = this.at + 1;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.escapedString(start, at);
      // NaN, past the end, fails every comparison.
      if (!(code >= 0x20)) throw this.brokenString(at);
      at += 1;
    }
    this.at = at + 1;
    this.words += TEXT_WORDS;
    return text.slice(start, at);
  }

  private escapedString(start: number, firstEscape: number): string {
    const text = this.text;
    const pieces = [text.slice(start, firstEscape)];
    let at = firstEscape;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        pieces.push(this.escape(at));
        at += text.charCodeAt(at + 1) === 0x75 ? 6 : 2;
        continue;
      }
      if (!(code >= 0x20)) throw this.brokenString(at);
      const from = at;
      while (
        text.charCodeAt(at) >= 0x20 &&
        text.charCodeAt(at) !== QUOTE &&
        text.charCodeAt(at) !== BACKSLASH
      ) {
        at += 1;
      }
      pieces.push(text.slice(from, at));
    }
    this.at = at + 1;
    this.words += TEXT_WORDS + ((at - start) >> 3);
    return pieces.join("");
  }

  protected escape(at: number): string {
    const simple = ESCAPES[this.text.charAt(at + 1)];
    if (simple !== undefined) return simple;
    const digits = this.text.slice(at + 2, at + 6);
    if (this.text.charCodeAt(at + 1) !== 0x75 || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw this.broken(at, "an escape in a text that JSON does not know");
    }
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private brokenString(at: number): Error {
    if (at >= this.text.length) return this.broken(this.at, "a text that does not end", at);
    return this.broken(at, "a control character inside a text; write it as an escape");
  }

  private number(): number | bigint | WholeFloat {
    const number = this.numbers.read(this.text, this.at);
    if (number === undefined) throw this.brokenNumber();
    this.at = this.numbers.end;
    if (typeof number !== "number") this.words += TEXT_WORDS;
    return number;
  }

  private brokenNumber(): Error {
    const { end, expected } = this.numbers;
    if (expected !== undefined) return this.expectedAt(end, expected);
    return this.broken(this.at, `a whole number of more than ${MAX_DIGITS} digits`, end);
  }

  protected enter(): void {
    this.at += 1;
    this.depth += 1;
    if (this.depth <= this.maxDepth) return;
    throw this.broken(this.at - 1, `nested deeper than ${this.maxDepth} levels`);
  }

  private leave<T>(value: T): T {
    this.at += 1;
    this.depth -= 1;
    return value;
  }

  /** The code of the next character that is no blank. */
  private next(): number {
    const code = this.text.charCodeAt(this.at);
    if (code > 0x20) return code;
    this.skipBlanks();
    return this.text.charCodeAt(this.at);
  }

  protected skipBlanks(): void {
    const text = this.text;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  protected expected(what: string): Error {
    return this.expectedAt(this.at, what);
  }

  protected expectedAt(at: number, what: string): Error {
    return this.broken(at, `expected ${what}, found ${foundAt(this.text, at)}`);
  }

  /**
   * The error for a place in the text.
   *
   * @param seen how far the text was looked at, where that is further than `at`
   */
  protected broken(at: number, reason: string, _seen = at): Error {
    return jsonErrorOf(reason, this.text, at, this.origin);
  }
}

const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
