import { setImmediate as nextTurn } from "node:timers/promises";
import { writeJson } from "../data/json-write.ts";
import { cellOf } from "../data/table-rows.ts";
import type { Cell, Column, Table } from "../data/table.ts";
import type { Section } from "../interface/sections.ts";
import { labelAt, labelKey, type RowLabels } from "./label.ts";

/** The columns of one section of a session's interface, with what was written into them. */
export type Part = RowPart | SeriesPart | ParameterPart;

/** The rows of a table by label. */
export interface LabelledRows {
  /** Keys of all labels, in their order, with the label itself. */
  readonly labels: Map<string, Cell>;
  /** Numbers of a label's rows, by its key. */
  readonly rows: Map<string, number[]>;
}

/** Labels looked at between two looks at the clock, and milliseconds of work after which others get their turn. */
const LABELS_AT_ONCE = 1024;
const TURN_MS = 10;

/** Sorts rows by their labels; a million take a second, in which others are served too. */
export async function labelRows(given: RowLabels): Promise<LabelledRows> {
  const found: LabelledRows = { labels: new Map(), rows: new Map() };
  let turnMs = performance.now();
  for (let row = 0; row < given.rows; row += 1) {
    addRow(found, labelAt(given, row), row);
    if (row % LABELS_AT_ONCE !== 0 || performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  return found;
}

function addRow({ labels, rows }: LabelledRows, label: Cell, row: number): void {
  const key = labelKey(label);
  const known = rows.get(key);
  if (known === undefined) {
    rows.set(key, [row]);
    labels.set(key, label);
  } else known.push(row);
}

/** Rows by label; of a label that comes several times only the first counts. */
export class RowPart {
  readonly kind = "rows";
  readonly section: Section;
  readonly labels: Map<string, Cell>;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #rows: ReadonlyMap<string, readonly number[]>;
  readonly #written = new Map<string, Map<string, Cell>>();

  constructor(section: Section, { columns }: Table, { labels, rows }: LabelledRows) {
    this.section = section;
    this.labels = labels;
    this.#columns = byName(columns);
    this.#rows = rows;
  }

  get columns(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** Something was written to it. */
  get isChanged(): boolean {
    return this.#written.size > 0;
  }

  /** How many rows a label has. */
  countOf(key: string): number {
    return this.labels.has(key) ? 1 : 0;
  }

  cell(column: string, key: string): Cell {
    const written = this.#written.get(column)?.get(key);
    if (written !== undefined) return written;
    const row = this.#rows.get(key)?.[0];
    return row === undefined ? null : cellOf(this.#columns.get(column) as Column, row);
  }

  /** Gives how many bytes of memory that takes more, roughly. */
  write(column: string, label: Cell, value: Cell): number {
    const key = labelKey(label);
    this.labels.set(key, label);
    return put(this.#written, column, key, value);
  }
}

/** Several rows a label; a column of them, the selector, tells them apart. */
export class SeriesPart {
  readonly kind = "series";
  readonly section: Section;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #labelled: LabelledRows;
  /** Cells by row, of rows that were added too: those have nothing else. */
  readonly #written = new Map<number, Map<string, Cell>>();
  #nextRow: number;
  readonly #tableRows: number;

  constructor(section: Section, { columns, rows }: Table, labelled: LabelledRows) {
    this.section = section;
    this.#columns = byName(columns);
    this.#labelled = labelled;
    this.#tableRows = rows;
    this.#nextRow = rows;
  }

  get labels(): ReadonlyMap<string, Cell> {
    return this.#labelled.labels;
  }

  get columns(): readonly string[] {
    return [...this.#columns.keys()];
  }

  get isChanged(): boolean {
    return this.#written.size > 0;
  }

  countOf(key: string): number {
    return this.#labelled.rows.get(key)?.length ?? 0;
  }

  rowsOf(key: string): readonly number[] {
    return this.#labelled.rows.get(key) ?? [];
  }

  cellAt(column: string, row: number): Cell {
    const written = this.#written.get(row)?.get(column);
    if (written !== undefined) return written;
    return row < this.#tableRows ? cellOf(this.#columns.get(column) as Column, row) : null;
  }

  /** Gives how many bytes of memory that takes more, roughly. */
  writeAt(column: string, row: number, value: Cell): number {
    return put(this.#written, row, column, value);
  }

  /** The row was added, and nothing was written to it. */
  isBlank(row: number): boolean {
    return row >= this.#tableRows && !this.#written.has(row);
  }

  /** Adds an empty row and gives its number. */
  add(label: Cell): number {
    const row = this.#nextRow;
    this.#nextRow += 1;
    addRow(this.#labelled, label, row);
    return row;
  }
}

/** One value a column. */
export class ParameterPart {
  readonly kind = "parameters";
  readonly section: Section;
  readonly #values: Map<string, Cell>;

  /** @param table of at most one row */
  constructor(section: Section, table: Table) {
    this.section = section;
    this.#values = new Map(
      table.columns.map((column) => [String(column.name), table.rows === 0 ? null : cellOf(column, 0)]),
    );
  }

  get columns(): readonly string[] {
    return [...this.#values.keys()];
  }

  value(column: string): Cell {
    return this.#values.get(column) ?? null;
  }

  /** Gives how many bytes of memory that takes more, roughly. */
  write(column: string, value: Cell): number {
    const before = this.#values.get(column) ?? null;
    this.#values.set(column, value);
    return cellBytes(value) - cellBytes(before);
  }
}

/** Puts a value into a map of maps, and gives how many bytes that takes more. */
function put<A, B>(written: Map<A, Map<B, Cell>>, outer: A, inner: B, value: Cell): number {
  const cells = written.get(outer);
  if (cells === undefined) {
    written.set(outer, new Map([[inner, value]]));
    return ENTRY_BYTES + cellBytes(value);
  }
  const before = cells.get(inner);
  cells.set(inner, value);
  return cellBytes(value) + (before === undefined ? ENTRY_BYTES : -cellBytes(before));
}

/** What a place in a map takes, roughly. */
const ENTRY_BYTES = 100;

/** What a written value takes, roughly. */
export function cellBytes(value: Cell): number {
  if (typeof value === "string") return 24 + 2 * value.length;
  return typeof value === "object" && value !== null ? 2 * writeJson(value).length : 16;
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map(columns.map((column) => [String(column.name), column]));
}
