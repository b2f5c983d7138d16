import { HearthError } from "../errors.ts";
import { BODY, type JsonOrigin } from "./json-error.ts";
import { JsonParser } from "./json-parser.ts";
import type { Cell } from "./table.ts";
import { decodeUtf8 } from "./utf8.ts";

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
    if (origin.code !== "json-invalid" || !(error instanceof HearthError)) throw error;
    throw new HearthError("json-invalid", error.message, { cause: error });
  }
}
