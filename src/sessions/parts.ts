import { cellOf } from "../data/table-rows.ts";
import type { Cell, Column, Table } from "../data/table.ts";
import type { Section } from "../interface/sections.ts";
import { labelAt, labelKey, type RowLabels } from "./label.ts";

/** The columns of one section of a session's interface, with what was written into them. */
export type Part = RowPart | SeriesPart | ParameterPart;

/** Rows by label; of a label that comes several times only the first counts. */
export class RowPart {
  readonly kind = "rows";
  readonly section: Section;
  /** Keys of all labels, in their order, with the label itself. */
  readonly labels = new Map<string, Cell>();
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #rows = new Map<string, number>();
  readonly #written = new Map<string, Map<string, Cell>>();

  constructor(section: Section, { columns }: Table, labels: RowLabels) {
    this.section = section;
    this.#columns = byName(columns);
    for (let row = 0; row < labels.rows; row += 1) {
      const label = labelAt(labels, row);
      const key = labelKey(label);
      if (this.#rows.has(key)) continue;
      this.#rows.set(key, row);
      this.labels.set(key, label);
    }
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
    const row = this.#rows.get(key);
    return row === undefined ? null : cellOf(this.#columns.get(column) as Column, row);
  }

  write(column: string, label: Cell, value: Cell): void {
    const key = labelKey(label);
    this.labels.set(key, label);
    const cells = this.#written.get(column);
    if (cells === undefined) this.#written.set(column, new Map([[key, value]]));
    else cells.set(key, value);
  }
}

/** Several rows a label; a column of them, the selector, tells them apart. */
export class SeriesPart {
  readonly kind = "series";
  readonly section: Section;
  readonly labels = new Map<string, Cell>();
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #rows = new Map<string, number[]>();
  /** Cells by row, of rows that were added too: those have nothing else. */
  readonly #written = new Map<number, Map<string, Cell>>();
  #nextRow: number;
  readonly #tableRows: number;

  constructor(section: Section, { columns, rows }: Table, labels: RowLabels) {
    this.section = section;
    this.#columns = byName(columns);
    this.#tableRows = rows;
    this.#nextRow = rows;
    for (let row = 0; row < labels.rows; row += 1) this.#addRow(labelAt(labels, row), row);
  }

  get columns(): readonly string[] {
    return [...this.#columns.keys()];
  }

  get isChanged(): boolean {
    return this.#written.size > 0;
  }

  countOf(key: string): number {
    return this.#rows.get(key)?.length ?? 0;
  }

  rowsOf(key: string): readonly number[] {
    return this.#rows.get(key) ?? [];
  }

  cellAt(column: string, row: number): Cell {
    const written = this.#written.get(row)?.get(column);
    if (written !== undefined) return written;
    return row < this.#tableRows ? cellOf(this.#columns.get(column) as Column, row) : null;
  }

  writeAt(column: string, row: number, value: Cell): void {
    const cells = this.#written.get(row);
    if (cells === undefined) this.#written.set(row, new Map([[column, value]]));
    else cells.set(column, value);
  }

  /** Adds an empty row and gives its number. */
  add(label: Cell): number {
    const row = this.#nextRow;
    this.#nextRow += 1;
    this.#addRow(label, row);
    return row;
  }

  #addRow(label: Cell, row: number): void {
    const key = labelKey(label);
    const rows = this.#rows.get(key);
    if (rows === undefined) {
      this.#rows.set(key, [row]);
      this.labels.set(key, label);
    } else rows.push(row);
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

  write(column: string, value: Cell): void {
    this.#values.set(column, value);
  }
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map(columns.map((column) => [String(column.name), column]));
}
