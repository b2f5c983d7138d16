import { HearthError } from "../errors.ts";
import { atOnce, type Steps } from "../turns.ts";
import { checkCells, DEFAULT_MAX_CELLS } from "./cell-limit.ts";
import { columnFromCells, columnSteps } from "./infer-column.ts";
import type { InlineGuard } from "./inline-guard.ts";
import { isCellObject, keysOf, type CellObject } from "./json-keys.ts";
import { missingColumn } from "./text-column.ts";
import type { Cell, Column, Table } from "./table.ts";

/** The most cells of a table, and how a message names the source. */
export interface CellBound {
  readonly maxCells: number;
  readonly shownName: string;
}

/** Cells handled in one step, so that it takes about a millisecond. */
export const CELLS_PER_STEP = 8192;

/**
 * Records put down column by column: a cell is undefined where a record does not have the key. Cells are counted before
 * room is made for them: records with ever other keys throw `data-too-large` long before they fill rows x columns.
 */
export class RecordCollector {
  readonly #bound: CellBound;
  /** Columns in the order in which their keys first appeared. */
  readonly columns = new Map<string, (Cell | undefined)[]>();
  rows = 0;
  /** Key and cells by position, as the record before had them: most records look like the one before. */
  #layout: { readonly key: string; readonly cells: (Cell | undefined)[] }[] = [];

  constructor(bound: CellBound) {
    this.#bound = bound;
  }

  /** Adds a record and gives the number of cells that were put down, gaps included. Throws `data-too-large`. */
  add(record: CellObject): number {
    const keys = keysOf(record);
    const known = this.columns.size;
    let filled = keys.length;
    for (let position = 0; position < keys.length; position += 1) {
      const key = keys[position] as string;
      let place = this.#layout[position];
      if (place?.key !== key) {
        place = { key, cells: this.#cellsOf(key) };
        this.#layout[position] = place;
      }
      const { cells } = place;
      if (cells.length < this.rows) {
        filled += this.rows - cells.length;
        padTo(cells, this.rows);
      }
      cells[this.rows] = record[key] as Cell;
    }
    this.rows += 1;
    if (this.columns.size > known || this.rows % 1024 === 0) this.checkSize();
    return filled;
  }

  /** Throws `data-too-large` for a table beyond the bound. */
  checkSize(): void {
    checkCells(this.rows, this.columns.size, this.#bound.maxCells, this.#bound.shownName);
  }

  #cellsOf(key: string): (Cell | undefined)[] {
    let cells = this.columns.get(key);
    if (cells === undefined) this.columns.set(key, (cells = []));
    return cells;
  }

  /** The cells of all columns, each as long as there are rows. */
  finish(): Map<string, (Cell | undefined)[]> {
    this.checkSize();
    for (const cells of this.columns.values()) padTo(cells, this.rows);
    return this.columns;
  }

  /** The columns, typed as pandas types those of a list of dicts; the collector is empty afterwards. */
  *tableSteps(): Steps<Table> {
    this.checkSize();
    const { rows } = this;
    const columns: Column[] = [];
    let steps = 0;
    for (const [name, cells] of this.columns) {
      padTo(cells, rows);
      columns.push(yield* columnSteps(name, cells));
      // The cells are not needed twice: with many columns that is half of the memory.
      this.columns.set(name, []);
      steps += rows + 16;
      if (steps < CELLS_PER_STEP) continue;
      steps = 0;
      yield;
    }
    this.columns.clear();
    return { rows, columns };
  }
}

function padTo(cells: (Cell | undefined)[], rows: number): void {
  while (cells.length < rows) cells.push(undefined);
}

/**
 * A table of records, typed as pandas types a list of dicts: the columns are the union of the keys in order of
 * appearance, absent keys are missing.
 *
 * @param columns selects and orders; throws `column-unknown` for a name that no record has (with no records at all, any
 *   names are fine)
 */
export function tableFromRecords(records: readonly Cell[], columns?: readonly (string | number)[]): Table {
  return atOnce(recordSteps(records, columns));
}

/** As `tableFromRecords`, in steps. Also throws `data-too-large` beyond the bound. */
export function* recordSteps(
  records: readonly Cell[],
  columns: readonly (string | number)[] | undefined = undefined,
  bound: CellBound = { maxCells: DEFAULT_MAX_CELLS, shownName: "The records" },
): Steps<Table> {
  const collector = new RecordCollector(bound);
  yield* collectSteps(collector, records, notARecord);
  if (columns === undefined) return yield* collector.tableSteps();
  const { rows } = collector;
  checkCells(rows, columns.length, bound.maxCells, bound.shownName);
  const cells = collector.finish();
  const selected: Column[] = [];
  for (const name of columns) {
    yield;
    selected.push(selectedColumn(name, cells, rows));
  }
  return { rows, columns: selected };
}

/**
 * Adds records in steps.
 *
 * @param wrong makes the error for an item that is no object
 */
export function* collectSteps(
  collector: RecordCollector,
  records: readonly Cell[],
  wrong: (position: number, item: Cell | undefined) => Error,
): Steps<void> {
  let cells = 0;
  for (let position = 0; position < records.length; position += 1) {
    const record = records[position];
    if (!isCellObject(record)) throw wrong(position, record);
    cells += collector.add(record) + 4;
    if (cells < CELLS_PER_STEP) continue;
    cells = 0;
    yield;
  }
}

function selectedColumn(name: string | number, all: Map<string, (Cell | undefined)[]>, rows: number): Column {
  const cells = all.get(String(name));
  if (cells !== undefined) return columnFromCells(name, cells);
  if (rows === 0) return missingColumn(name, 0);
  const known = [...all.keys()].slice(0, 20).map((key) => `"${key}"`);
  throw new HearthError("column-unknown", `No record has the column "${name}"`, {
    hint: known.length === 0 ? "The records are empty." : `The records have ${known.join(", ")}.`,
  });
}

/** Asks the guard for the cells that a table of these records has. */
export function guardRecords(records: readonly Cell[], guard: InlineGuard): void {
  const names = new Set<string>();
  for (const record of records) if (isCellObject(record)) for (const name of keysOf(record)) names.add(name);
  guard.cells(records.length, names.size);
}

function notARecord(position: number, record: Cell | undefined): HearthError {
  const message = `Record ${position} is not an object but ${kindOf(record)}`;
  return new HearthError("request-invalid", message, {
    hint: 'A record reads like {"name": "Ann", "age": 30}.',
  });
}

/** What a value is, in words for a message: `a list`, `a number`. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return String(value);
  return isCellObject(value) ? "an object" : "a number";
}
