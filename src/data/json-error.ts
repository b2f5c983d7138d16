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
 * @param expected what should have stood there, such as `a value`
 */
export function jsonError(text: string, at: number, expected: string, origin: JsonOrigin): HearthError {
  return jsonErrorOf(`expected ${expected}, found ${found(text, at)}`, text, at, origin);
}

/** As `jsonError`, with the whole reason given. */
export function jsonErrorOf(reason: string, text: string, at: number, origin: JsonOrigin): HearthError {
  const { line, column } = position(text, at);
  const place = `line ${line + (origin.firstLine ?? 1) - 1}, column ${column}`;
  return new HearthError(origin.code, `${origin.shownName} is not valid JSON: ${place}: ${reason}`);
}

/** Line and column, both from 1; columns count characters, not UTF-16 units. */
function position(text: string, at: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", next + 1)) {
    line += 1;
    lineStart = next + 1;
  }
  // A line of many megabytes is counted in UTF-16 units: nobody looks for its column by eye.
  const before = at - lineStart;
  const column = before > 100_000 ? before : Array.from(text.slice(lineStart, at)).length;
  return { line, column: column + 1 };
}

const SHOWN_CHARACTERS = 20;

/** What stands at the place: the end, a word or number, or one character. */
function found(text: string, at: number): string {
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
