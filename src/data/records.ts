import { HearthError } from "../errors.ts";
import { columnFromCells } from "./infer-column.ts";
import { isCellObject, keysOf, type CellObject } from "./json-keys.ts";
import { missingColumn } from "./text-column.ts";
import type { Cell, Column, Table } from "./table.ts";

/** Records put down column by column: a cell is undefined where a record does not have the key. */
export class RecordCollector {
  /** Columns in the order in which their keys first appeared. */
  readonly columns = new Map<string, (Cell | undefined)[]>();
  rows = 0;
  /** Key and cells by position, as the record before had them: most records look like the one before. */
  #layout: { readonly key: string; readonly cells: (Cell | undefined)[] }[] = [];

  add(record: CellObject): void {
    const keys = keysOf(record);
    for (let position = 0; position < keys.length; position += 1) {
      const key = keys[position] as string;
      let place = this.#layout[position];
      if (place?.key !== key) {
        place = { key, cells: this.#cellsOf(key) };
        this.#layout[position] = place;
      }
      const { cells } = place;
      if (cells.length < this.rows) padTo(cells, this.rows);
      cells[this.rows] = record[key] as Cell;
    }
    this.rows += 1;
  }

  #cellsOf(key: string): (Cell | undefined)[] {
    let cells = this.columns.get(key);
    if (cells === undefined) this.columns.set(key, (cells = []));
    return cells;
  }

  /** The cells of all columns, each as long as there are rows. */
  finish(): Map<string, (Cell | undefined)[]> {
    for (const cells of this.columns.values()) padTo(cells, this.rows);
    return this.columns;
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
  const collector = new RecordCollector();
  for (const [position, record] of records.entries()) {
    if (!isCellObject(record)) throw notARecord(position, record);
    collector.add(record);
  }
  const cells = collector.finish();
  const rows = collector.rows;
  if (columns === undefined) {
    return { rows, columns: [...cells].map(([name, values]) => columnFromCells(name, values)) };
  }
  return { rows, columns: columns.map((name) => selectedColumn(name, cells, rows)) };
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
