import { jsonErrorOf, NOTHING_BEFORE, type JsonOrigin, type TextBefore, textBefore } from "./json-error.ts";
import { KEY_ORDER, keepOrder, setOwn } from "./json-keys.ts";
import { MAX_DIGITS } from "./json-number.ts";
import { JsonParser } from "./json-parser.ts";
import type { Steps } from "../turns.ts";
import type { Cell } from "./table.ts";

/** Bytes decoded at a time. */
const CHUNK_BYTES = 32 * 1024;

/** A value that does not fit into this many UTF-16 units is taken apart. */
const WINDOW_UNITS = 4 * CHUNK_BYTES;

/** What goes wrong this close to the end of the window may only be cut off: the longest word, and what errors show. */
const LOOKAHEAD_UNITS = 64;

/** A number as long as this is none that anybody wrote. */
const MAX_NUMBER_UNITS = 2 ** 20;

/** Of an object with more keys their list is kept: listing them takes too long for one step. */
const MANY_KEYS = 4096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Thrown where the window ends before the value does. */
const MORE = new Error("the window ends here");

/** A list that is filled piece by piece. */
interface ListFrame {
  readonly list: Cell[];
}

/** An object that is filled piece by piece. */
interface ObjectFrame {
  readonly list: undefined;
  readonly object: { [key: string]: Cell };
  /** The keys as written, once JavaScript may have another order. */
  written: string[] | undefined;
  /** Of the next key. */
  position: number;
  key: string;
}

type Frame = ListFrame | ObjectFrame;

/** Where parsing goes on: before a value, before the first or a further item, after a value, at the end. */
type State = "value" | "first" | "key" | "colon" | "after" | "end" | "long text" | "done";

/**
 * Parses JSON with a window moving over its bytes, in steps of some 100 kB: a value that fits into the window is parsed
 * by the quick parser in one go, a larger list or object is entered and filled item by item. Values and errors are the
 * same as those of `JsonParser` over the whole text. The bytes must be valid UTF-8.
 */
export class JsonPieces extends JsonParser {
  readonly #bytes: Uint8Array;
  readonly #maxWords: number;
  readonly #tooLarge: () => Error;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #takenBytes = 0;
  #isWhole = false;
  #before: TextBefore = NOTHING_BEFORE;
  /** UTF-16 units before the window. */
  #droppedUnits = 0;
  readonly #frames: Frame[] = [];
  #state: State = "value";
  /** Where the current state began, and `words` there: from here it is tried again with more text. */
  #mark = 0;
  #markWords = 0;
  /** Up to this place of the whole text lists and objects are entered: as a whole they did not fit. */
  #enterUntil = Number.POSITIVE_INFINITY;
  #result: Cell = null;
  /** A text longer than the window: what was found of it, whether it is a key, and the error if it never ends. */
  #longText: string[] = [];
  #isLongKey = false;
  #openText: Error | undefined;

  /**
   * @param maxWords words of 8 bytes that the values may take in memory, roughly
   * @param tooLarge makes the error for more
   */
  constructor(
    bytes: Uint8Array,
    origin: JsonOrigin,
    limit: { readonly maxWords: number; readonly tooLarge: () => Error },
  ) {
    super("", origin);
    this.#bytes = bytes;
    this.#maxWords = limit.maxWords;
    this.#tooLarge = limit.tooLarge;
    this.#fill();
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  /** The value of the whole text. */
  *steps(): Steps<Cell> {
    for (;;) {
      try {
        while (this.#state !== "done") this.#advance();
        return this.#result;
      } catch (error) {
        if (error !== MORE) throw error;
      }
      this.at = this.#mark;
      this.depth = this.#frames.length;
      this.words = this.#markWords;
      if (this.words > this.#maxWords) throw this.#tooLarge();
      yield;
      this.#refill();
    }
  }

  protected override broken(at: number, reason: string, seen = at): Error {
    if (this.#isCut(seen)) return MORE;
    return jsonErrorOf(reason, this.text, at, this.origin, this.#before);
  }

  protected override expectedAt(at: number, what: string): Error {
    return this.#isCut(at) ? MORE : super.expectedAt(at, what);
  }

  #isCut(at: number): boolean {
    return !this.#isWhole && at >= this.text.length - LOOKAHEAD_UNITS;
  }

  /** Decodes the next bytes behind what is left of the window. */
  #fill(): void {
    // At least as much again as is there: else a long number would be read again for each chunk.
    const end = this.#takenBytes + Math.max(CHUNK_BYTES, this.text.length);
    const chunk = this.#bytes.subarray(this.#takenBytes, end);
    this.#takenBytes += chunk.length;
    this.#isWhole = this.#takenBytes === this.#bytes.length;
    this.text += this.#decoder.decode(chunk, { stream: !this.#isWhole });
  }

  #refill(): void {
    if (this.at > 0) {
      this.#before = textBefore(this.#before, this.text, this.at);
      this.#droppedUnits += this.at;
      this.text = this.text.slice(this.at);
      this.at = 0;
      this.#mark = 0;
    } else if (this.text.length >= WINDOW_UNITS) this.#takeApart();
    this.#fill();
  }

  /** What stands at the beginning of the window does not fit into it. */
  #takeApart(): void {
    const code = this.text.charCodeAt(0);
    if (this.#state === "value" && (code === 0x5b || code === 0x7b)) {
      this.#enterUntil = this.#droppedUnits + this.text.length;
    } else if (code === QUOTE && (this.#state === "value" || this.#state === "key")) {
      this.#openText = jsonErrorOf("a text that does not end", this.text, 0, this.origin, this.#before);
      this.#isLongKey = this.#state === "key";
      this.#longText = [];
      this.#state = "long text";
      this.at = 1;
      this.#mark = 1;
    } else if (this.text.length > MAX_NUMBER_UNITS) {
      const reason = `a whole number of more than ${MAX_DIGITS} digits`;
      throw jsonErrorOf(reason, this.text, 0, this.origin, this.#before);
    }
  }

  #advance(): void {
    if (this.#state === "long text") return this.#continueText();
    this.skipBlanks();
    this.#mark = this.at;
    this.#markWords = this.words;
    if (this.at === this.text.length && !this.#isWhole) throw MORE;
    if (this.#state === "value") this.#takeValue();
    else if (this.#state === "key") this.#takeKey();
    else if (this.#state === "colon") this.#takeColon(this.#frames.at(-1) as ObjectFrame);
    else if (this.#state === "end") {
      if (this.at < this.text.length) throw this.expected("the end");
      this.#state = "done";
    } else this.#takeMark(this.#frames.at(-1) as Frame);
  }

  #takeValue(): void {
    const code = this.text.charCodeAt(this.at);
    const isContainer = code === 0x5b || code === 0x7b;
    if (isContainer && (this.#frames.length === 0 || this.#droppedUnits + this.at < this.#enterUntil)) {
      // Its own place is not one that "did not fit": only what it holds may be.
      if (this.#frames.length === 0) this.#enterUntil = 0;
      this.enter();
      this.#frames.push(newFrame(code === 0x5b));
      this.#state = "first";
      return;
    }
    const value = this.value();
    // A number may go on.
    if (this.at === this.text.length && !this.#isWhole) throw MORE;
    this.#attach(value);
  }

  #takeKey(): void {
    const frame = this.#frames.at(-1) as ObjectFrame;
    frame.key = this.key(frame.position);
    this.#state = "colon";
  }

  #takeColon(frame: ObjectFrame): void {
    if (this.text.charCodeAt(this.at) !== 0x3a) throw this.expected("`:`");
    this.at += 1;
    const { key } = frame;
    frame.position += 1;
    const first = key.charCodeAt(0);
    // Only keys that begin with a digit can be moved by JavaScript; from the first such key on the order is noted.
    if ((first <= 0x39 && first >= 0x30) || frame.position === MANY_KEYS)
      frame.written ??= Object.keys(frame.object);
    if (frame.written !== undefined && !Object.hasOwn(frame.object, key)) frame.written.push(key);
    this.#state = "value";
  }

  /** The bracket or comma behind the opening bracket, or behind an item. */
  #takeMark(frame: Frame): void {
    const code = this.text.charCodeAt(this.at);
    const isList = frame.list !== undefined;
    if (code === (isList ? 0x5d : 0x7d)) {
      this.at += 1;
      this.depth -= 1;
      this.#frames.pop();
      if (frame.list === undefined) finishObject(frame);
      this.#attach(frame.list ?? frame.object);
    } else if (this.#state === "first") this.#state = isList ? "value" : "key";
    else if (code === 0x2c) {
      this.at += 1;
      this.#state = isList ? "value" : "key";
    } else throw this.expected(isList ? "`,` or `]`" : "`,` or `}`");
  }

  #attach(value: Cell): void {
    const frame = this.#frames.at(-1);
    this.#state = frame === undefined ? "end" : "after";
    this.words += 2;
    if (frame === undefined) this.#result = value;
    else if (frame.list !== undefined) frame.list.push(value);
    else setOwn(frame.object, frame.key, value);
  }

  /** Takes what the window holds of a text that is longer than it. */
  #continueText(): void {
    const pieces: string[] = [];
    let at = this.at;
    for (;;) {
      const from = at;
      let code = this.text.charCodeAt(at);
      while (code >= 0x20 && code !== QUOTE && code !== BACKSLASH) code = this.text.charCodeAt((at += 1));
      pieces.push(this.text.slice(from, at));
      if (code === QUOTE) break;
      const isAtEnd = at >= this.text.length;
      if (code === BACKSLASH && !this.#isCut(at)) {
        pieces.push(this.escape(at));
        at += this.text.charCodeAt(at + 1) === 0x75 ? 6 : 2;
        continue;
      }
      if (isAtEnd && this.#isWhole) throw this.#openText as Error;
      if (!isAtEnd && code !== BACKSLASH) {
        const reason = "a control character inside a text; write it as an escape";
        throw jsonErrorOf(reason, this.text, at, this.origin, this.#before);
      }
      this.#longText.push(pieces.join(""));
      this.words += (at - this.at) >> 3;
      this.at = at;
      this.#mark = at;
      this.#markWords = this.words;
      throw MORE;
    }
    this.at = at + 1;
    this.#longText.push(pieces.join(""));
    const text = this.#longText.join("");
    this.#longText = [];
    if (!this.#isLongKey) return this.#attach(text);
    (this.#frames.at(-1) as ObjectFrame).key = text;
    this.#state = "colon";
  }
}

function finishObject({ object, written }: ObjectFrame): void {
  if (written === undefined) return;
  if (written.length < MANY_KEYS) keepOrder(object, written);
  else Object.defineProperty(object, KEY_ORDER, { value: written });
}

function newFrame(isList: boolean): Frame {
  if (isList) return { list: [] };
  return { list: undefined, object: {}, written: undefined, position: 0, key: "" };
}
