import { HearthError } from "../errors.ts";

/** Cells of a table that the server holds, where no setting says otherwise; ten times as many in a stream. */
export const DEFAULT_MAX_CELLS = 20_000_000;

/** A stream may have this many times the cells of a table that is held. */
export const STREAM_FACTOR = 10;

/**
 * Columns of any table. Each costs about a kilobyte however short it is, and every answer names all of them: the widest
 * tables that people keep as text (single nucleotides, sensors) have some ten thousands.
 */
export const MAX_COLUMNS = 100_000;

/**
 * Throws `data-too-large` for a table beyond the limits: to be asked as rows and columns are found, before room is made
 * for them.
 *
 * @param shownName how the message names the source, such as `"a.csv"`
 */
export function checkCells(rows: number, columns: number, maxCells: number, shownName: string): void {
  if (columns > MAX_COLUMNS) throw tooManyColumns(columns, shownName);
  if (rows * columns > maxCells) throw tooManyCells(rows, columns, maxCells, shownName);
}

function tooManyColumns(columns: number, shownName: string): HearthError {
  const message = `${shownName} has more than ${count(MAX_COLUMNS)} columns (${count(columns)} so far)`;
  return new HearthError("data-too-large", message, {
    hint: "Look for a missing line end or keys that differ from record to record; write names as values of one column.",
  });
}

/** `data-too-large` for a table of more cells than it may have. */
export function tooManyCells(
  rows: number,
  columns: number,
  maxCells: number,
  shownName: string,
): HearthError {
  const size = `${count(rows)} rows with ${count(columns)} columns so far`;
  return new HearthError("data-too-large", `${shownName} has more than ${count(maxCells)} cells (${size})`, {
    hint: "Read fewer rows or columns, convert it to Parquet, or raise maxCells.",
  });
}

/** `data-too-large` for values that take more memory than those of a table within the limit. */
export function tooManyValues(shownName: string, maxCells: number): HearthError {
  const message = `${shownName} holds more values than a table of ${count(maxCells)} cells`;
  return new HearthError("data-too-large", message, {
    hint: "Split it, convert it to ndjson or Parquet, which are read piece by piece, or raise maxCells.",
  });
}

/** A number for people: `20,000,000`. */
function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
