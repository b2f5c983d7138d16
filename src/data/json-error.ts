import { HearthError, type FaultCode } from "../errors.ts";

/** What a JSON text is, for the words and the code of its errors. */
export interface JsonOrigin {
  /** How a message names it, such as `The body` or `"a.json"`. */
  readonly shownName: string;
  readonly code: FaultCode;
  /** Number of the text's first line; above 1 for a line of an ndjson file. */
  readonly firstLine?: number;
}

/** The origin of a request body: broken ones are `json-invalid`. */
export const BODY: JsonOrigin = { shownName: "The body", code: "json-invalid" };

/** The origin of a data file: broken ones are `data-invalid`. */
export function fileOrigin(shownName: string, firstLine = 1): JsonOrigin {
  return { shownName: `"${shownName}"`, code: "data-invalid", firstLine };
}

/**
 * The error for a place in a JSON text, in our own words so that all runtimes say the same.
 *
 * @param at offset into `text` in UTF-16 units
 * @param before what came before `text`, where it is a part of a longer one
 */
export function jsonErrorOf(
  reason: string,
  text: string,
  at: number,
  origin: JsonOrigin,
  before: TextBefore = NOTHING_BEFORE,
): HearthError {
  const { line, column } = position(text, at, before);
  const place = `line ${line + (origin.firstLine ?? 1) - 1}, column ${column}`;
  return new HearthError(origin.code, `${origin.shownName} is not valid JSON: ${place}: ${reason}`);
}

/** What came before a part of a text: whole lines, and of the line after them UTF-16 units and characters. */
export interface TextBefore {
  readonly lines: number;
  readonly units: number;
  /** Counted up to `COUNTED_UNITS` units only. */
  readonly characters: number;
}

export const NOTHING_BEFORE: TextBefore = { lines: 0, units: 0, characters: 0 };

/** A longer line is counted in UTF-16 units: nobody looks for its column by eye. */
const COUNTED_UNITS = 100_000;

/** What came before the rest of a text from `at` on, given what came before the text. */
export function textBefore(before: TextBefore, text: string, at: number): TextBefore {
  let { lines, units, characters } = before;
  let lineStart = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", next + 1)) {
    lines += 1;
    units = 0;
    characters = 0;
    lineStart = next + 1;
  }
  units += at - lineStart;
  if (units <= COUNTED_UNITS) characters += Array.from(text.slice(lineStart, at)).length;
  return { lines, units, characters };
}

/** Line and column, both from 1; columns count characters, not UTF-16 units. */
function position(text: string, at: number, before: TextBefore): { line: number; column: number } {
  const { lines, units, characters } = textBefore(before, text, at);
  return { line: lines + 1, column: (units > COUNTED_UNITS ? units : characters) + 1 };
}

const SHOWN_CHARACTERS = 20;

/** What stands at a place: the end, a word or number, or one character. */
export function foundAt(text: string, at: number): string {
  if (at >= text.length) return "the end";
  const rest = text.slice(at, at + SHOWN_CHARACTERS + 1);
  const word = /^[\w.+-]+/.exec(rest)?.[0];
  if (word !== undefined) return word.length > SHOWN_CHARACTERS ? `${word.slice(0, -1)}...` : word;
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return NAMED[character] ?? `\`${character}\``;
}

const NAMED: Record<string, string> = {
  "\n": "a line break",
  "\r": "a line break",
  "\t": "a tab",
  "\uFEFF": "a byte order mark",
};
