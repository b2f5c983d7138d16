import { setImmediate as nextTurn } from "node:timers/promises";
import { HearthError } from "../../errors.ts";
import type { ColumnRule } from "../column-rules.ts";
import { columnNames } from "../csv/names.ts";
import { columnFromCells } from "../infer-column.ts";
import { pythonStr } from "../python-text.ts";
import type { Cell, Column, Table } from "../table.ts";
import { missingColumn } from "../text-column.ts";
import { cellOfWorkbook } from "./cells.ts";
import { ruledColumn } from "./ruled-column.ts";
import type { WorkbookRow } from "./workbook.ts";

/** How a sheet is to be read. */
export interface SheetOptions {
  /** Row of the header, from 0, blank rows counted; null: there is none, columns are numbered from 0. */
  readonly header: number | null;
  readonly dtypes: readonly ColumnRule[];
}

export interface SheetLimits {
  /** Bytes that the cells may take in memory. */
  readonly memoryLimit: number;
  readonly signal: AbortSignal;
  /** How messages name the file. */
  readonly shownName: string;
}

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 10;

/** What an engine needs for a cell, roughly, and for a letter of a text. */
const CELL_BYTES = 24;
const LETTER_BYTES = 2;

/**
 * A sheet's rows as a table, typed as pandas types them (section 4.1 of the wire contract), except that texts stay texts
 * and booleans stay booleans. Blank rows count, those after the last cell do not.
 *
 * Throws `request-invalid` when the header lies behind the end, `data-invalid` for cells that `dtypes` don't fit,
 * `data-too-large`.
 */
export async function readSheet(
  rows: AsyncIterable<WorkbookRow>,
  { header, dtypes }: SheetOptions,
  limits: SheetLimits,
): Promise<Table> {
  const columns: Cell[][] = [];
  let headerCells: readonly Cell[] = [];
  let length = 0;
  let seen = 0;
  let bytes = 0;
  let turnMs = performance.now();
  for await (const { index, cells } of rows) {
    const values = cells.map(cellOfWorkbook);
    if (values.every((cell) => cell === undefined)) continue;
    seen = index + 1;
    if (header !== null && index < header) continue;
    if (index === header) headerCells = values as readonly Cell[];
    else {
      const at = header === null ? index : index - header - 1;
      for (const [position, cell] of values.entries()) {
        while (columns.length <= position) columns.push([]);
        if (cell === undefined) continue;
        (columns[position] as Cell[])[at] = cell;
        bytes += CELL_BYTES + (typeof cell === "string" ? cell.length * LETTER_BYTES : 0);
      }
      length = at + 1;
    }
    if (bytes > limits.memoryLimit) throw tooLarge(limits);
    if (performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    limits.signal.throwIfAborted();
    turnMs = performance.now();
  }
  if (header !== null && seen > 0 && header >= seen) throw headerBehindEnd(limits.shownName, header, seen);
  while (columns.length < headerCells.length) columns.push([]);
  const names =
    header === null ? columns.map((_, position) => position) : namesOf(headerCells, columns.length);
  const first = header === null ? 1 : header + 2;
  return {
    rows: length,
    columns: columns.map((cells, position) => {
      const name = names[position] as string | number;
      const rule = dtypes.find(({ field }) => field === String(name));
      const place = { shownName: limits.shownName, firstRow: first };
      return columnOf(name, padded(cells, length), rule, place);
    }),
  };
}

function columnOf(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  rule: ColumnRule | undefined,
  place: { readonly shownName: string; readonly firstRow: number },
): Column {
  if (rule !== undefined) return ruledColumn(name, cells, rule.type, place);
  return cells.length === 0 ? missingColumn(name, 0) : columnFromCells(name, cells);
}

/** As long as the table, with nothing left open. */
function padded(cells: readonly Cell[], length: number): (Cell | undefined)[] {
  return Array.from({ length }, (_, row) => cells[row]);
}

/** A header's cell that is a number stays one, unless it was seen before. */
function namesOf(header: readonly Cell[], width: number): readonly (string | number)[] {
  const written = Array.from({ length: width }, (_, at) => {
    const cell = header[at];
    return cell === undefined ? "" : pythonStr(cell);
  });
  return columnNames(written).map((name, at) => {
    const cell = header[at];
    return typeof cell === "number" && name === written[at] ? cell : name;
  });
}

function headerBehindEnd(shownName: string, header: number, rows: number): HearthError {
  return new HearthError(
    "request-invalid",
    `The sheet of ${shownName} has ${rows} rows, so header ${header} is behind its end`,
    { hint: "header counts rows from 0, blank ones too." },
  );
}

function tooLarge({ memoryLimit, shownName }: SheetLimits): HearthError {
  const limit = Math.floor(memoryLimit / 2 ** 20);
  return new HearthError(
    "data-too-large",
    `The sheet of ${shownName} takes more than ${limit} MiB of memory`,
    {
      hint: "Convert it to Parquet or CSV, which are read piece by piece, or raise cacheLimit.",
    },
  );
}
