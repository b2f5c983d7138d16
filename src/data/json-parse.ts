import { isUtf8 } from "node:buffer";
import { HearthError } from "../errors.ts";
import type { Steps } from "../turns.ts";
import { tooManyValues } from "./cell-limit.ts";
import { BODY, type JsonOrigin } from "./json-error.ts";
import { JsonParser } from "./json-parser.ts";
import { JsonPieces } from "./json-pieces.ts";
import type { Cell } from "./table.ts";
import { decodeUtf8, firstInvalidByte, notUtf8 } from "./utf8.ts";

export { BODY, fileOrigin, type JsonOrigin } from "./json-error.ts";
export { KEY_ORDER, keysOf, ownValue, isCellObject, type CellObject } from "./json-keys.ts";
export { MAX_DEPTH } from "./json-parser.ts";

/** No engine holds a text much longer than this in one piece (V8: 2^29 - 24 UTF-16 units). */
const MAX_TEXT_BYTES = 500_000_000;

/**
 * Parses JSON as Python's `json.loads` does: whole numbers of any size are exact (`number` or `bigint`), `2.0` stays
 * a float (`WholeFloat`), the words NaN, Infinity and -Infinity are numbers, the last of equal keys wins and key order
 * is kept (`keysOf`). A byte order mark at the start is passed over.
 *
 * Throws `HearthError` with the origin's code (`json-invalid` for a body, `data-invalid` for a file), naming line and
 * column; `encoding-invalid` when a file's bytes are not UTF-8; `data-too-large` beyond 500 MB.
 *
 * @example parseJson('{"x": 2.0}') // { x: WholeFloat(2) }
 */
export function parseJson(input: string | Uint8Array, origin: JsonOrigin = BODY): Cell {
  return new JsonParser(textOf(input, origin), origin).parse();
}

/** Below this an input is parsed in one go, in well under a millisecond or two. */
export const SMALL_JSON_BYTES = 64 * 1024;

/** As `parseJson`, in steps: for inputs that would hold up everybody else. Also throws `data-too-large` beyond `maxCells`. */
export function* parseJsonSteps(bytes: Uint8Array, origin: JsonOrigin, maxCells: number): Steps<Cell> {
  if (bytes.length < SMALL_JSON_BYTES) return parseJson(bytes, origin);
  yield* checkUtf8(bytes, origin);
  const tooLarge = () => tooManyValues(origin.shownName, maxCells);
  return yield* new JsonPieces(bytes, origin, { maxWords: WORDS_PER_CELL * maxCells, tooLarge }).steps();
}

/** Values of a table of that many cells fit, and some structure around them. */
const WORDS_PER_CELL = 2;

/** Bytes checked in one step. */
const CHECKED_BYTES = 1 << 20;

function* checkUtf8(bytes: Uint8Array, origin: JsonOrigin): Steps<void> {
  for (let from = 0; from < bytes.length;) {
    let end = Math.min(bytes.length, from + CHECKED_BYTES);
    // Not in the middle of a character, whose further bytes are 10xxxxxx.
    for (
      let back = 0;
      back < 3 && end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80;
      back += 1
    ) {
      end -= 1;
    }
    if (!isUtf8(bytes.subarray(from, end))) {
      const at = from + firstInvalidByte(bytes.subarray(from));
      throw asBodyError(notUtf8(bytes, at, origin.shownName, origin.firstLine), origin);
    }
    from = end;
    yield;
  }
}

/** Parses what `writeJsonBytes` wrote with `nonFinite: "word"`, however deep: whoever wrote it had the stack for it. */
export function parseOwnJson(bytes: Uint8Array): Cell {
  return new JsonParser(textOf(bytes, BODY), BODY, Number.POSITIVE_INFINITY).parse();
}

/**
 * Parses one JSON value a line, as `parseJson`; blank lines are passed over.
 *
 * @param take called with each value and the number of its line
 */
export function parseJsonLines(
  input: string | Uint8Array,
  origin: JsonOrigin,
  take: (value: Cell, line: number) => void,
): void {
  new JsonParser(textOf(input, origin), origin).parseLines(take);
}

/** Lines handled in one step have about this many bytes. */
const LINES_BYTES = 32 * 1024;

/** As `parseJsonLines`, in steps. Also throws `data-too-large` for a line with more values than `maxCells` cells. */
export function* parseLineSteps(
  bytes: Uint8Array,
  origin: JsonOrigin,
  maxCells: number,
  take: (value: Cell, line: number) => void,
): Steps<void> {
  let line = origin.firstLine ?? 1;
  for (let from = 0; from < bytes.length;) {
    const to = lineEnd(bytes, Math.min(bytes.length, from + LINES_BYTES) - 1);
    // Whole lines together, but a long one by itself.
    const end = to - from <= 2 * LINES_BYTES ? to : lineEnd(bytes, from);
    const part = bytes.subarray(from, end);
    const partOrigin = { ...origin, firstLine: line };
    if (part.length < SMALL_JSON_BYTES) parseJsonLines(part, partOrigin, take);
    else if (!isBlank(part)) take(yield* parseJsonSteps(part, partOrigin, maxCells), line);
    for (let at = part.indexOf(0x0a); at !== -1; at = part.indexOf(0x0a, at + 1)) line += 1;
    from = end;
    yield;
  }
}

/** Behind the line break at or after `from`, or the end. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const newline = bytes.indexOf(0x0a, from);
  return newline === -1 ? bytes.length : newline + 1;
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a);
}

function textOf(input: string | Uint8Array, origin: JsonOrigin): string {
  if (typeof input === "string") return input;
  if (input.length > MAX_TEXT_BYTES) {
    throw new HearthError("data-too-large", `${origin.shownName} is JSON of more than 500 MB`, {
      hint: "Convert it to ndjson or Parquet, which can be read piece by piece.",
    });
  }
  try {
    return decodeUtf8(input, origin.shownName, origin.firstLine);
  } catch (error) {
    throw asBodyError(error, origin);
  }
}

/** A body that is not UTF-8 is not JSON. */
function asBodyError(error: unknown, { code }: JsonOrigin): unknown {
  if (code !== "json-invalid" || !(error instanceof HearthError)) return error;
  return new HearthError(code, error.message, { cause: error });
}
