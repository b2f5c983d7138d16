import { type CellObject, objectFrom } from "../data/json-keys.ts";
import { didYouMean, listNames } from "../nearest.ts";
import { pythonStr } from "../data/python-text.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { labelKey } from "./label.ts";
import type { Part, SeriesPart } from "./parts.ts";

/** Where a session looks. */
export interface Focus {
  /** A row label; null when there are no rows. */
  readonly index: Cell;
  /** A column's name, or the index's; null when there are no columns. */
  readonly column: string | null;
  /** The series column that tells the rows of one label apart. */
  readonly selector: string | null;
  /** The selector's value in the row that is meant; null as long as none was chosen: the label's last row is meant. */
  readonly subindex: Cell;
}

/**
 * The joined data of an interface's sections (section 5 of the wire contract): rows by label, a column by its name, each
 * in the section it came from. It is changed in memory only.
 */
export class SessionFrame {
  readonly indexName: string;
  readonly parts: readonly Part[];
  /** By key; those of the first section that has rows. */
  readonly #labels: ReadonlyMap<string, Cell>;
  /** By name; of a name in several sections the first counts. */
  readonly #columns = new Map<string, Part>();
  /** Rows of the joined frame, until a row is added. */
  #joinedRows: number | undefined;

  constructor(indexName: string, parts: readonly Part[]) {
    this.indexName = indexName;
    this.parts = parts;
    const first = parts.find((part) => part.kind !== "parameters");
    this.#labels = first === undefined ? ONE_ROW : first.labels;
    for (const part of parts) {
      for (const column of part.columns) if (!this.#columns.has(column)) this.#columns.set(column, part);
    }
  }

  get columns(): readonly string[] {
    return [...this.#columns.keys()];
  }

  get indices(): readonly Cell[] {
    return [...this.#labels.values()];
  }

  /** Rows and columns of the joined frame: a label counts as often as the series have it. */
  get shape(): readonly [rows: number, columns: number] {
    this.#joinedRows ??= joinedRows(this.parts);
    return [this.#joinedRows, this.#columns.size];
  }

  /** The section that a column came from; undefined for one that is not there, the index included. */
  partOf(column: string): Part | undefined {
    return this.#columns.get(column);
  }

  /**
   * First label, first column. A frame that starts with a series has that one's first column as its selector, and its
   * first row is meant.
   *
   * @param selector that the interface names. Throws `cell-unknown` for one that is no series column.
   */
  startAt(selector: string | null): Focus {
    const [index = null] = this.#labels.values();
    const [first] = this.parts;
    const [own] = first?.kind === "series" ? first.columns : [];
    if (selector !== null || own === undefined) return this.rowFocus(index, selector);
    const [row] = (first as SeriesPart).rowsOf(labelKey(index));
    const subindex = row === undefined ? null : (first as SeriesPart).cellAt(own, row);
    return { ...this.rowFocus(index, own), subindex };
  }

  /** The focus in a label's row, on the first column. */
  rowFocus(index: Cell, selector: string | null): Focus {
    const [column = null] = this.#columns.keys();
    const focus = { index, column, selector: null, subindex: null };
    return selector === null ? focus : this.#selected(focus, selector);
  }

  /** The focus with one of its coordinates moved. Throws `cell-unknown` for what is not there. */
  moved(focus: Focus, to: Partial<Focus>): Focus {
    let moved = focus;
    if (to.index !== undefined) moved = { ...moved, index: this.#knownLabel(to.index) };
    if (to.column !== undefined && to.column !== null)
      moved = { ...moved, column: this.#knownColumn(to.column) };
    if (to.selector !== undefined && to.selector !== null) moved = this.#selected(moved, to.selector);
    if (to.subindex !== undefined) moved = { ...moved, subindex: this.#knownSubindex(moved, to.subindex) };
    return moved;
  }

  #knownLabel(index: Cell): Cell {
    const label = this.#labels.get(labelKey(index));
    if (label !== undefined) return label;
    throw unknownCell(`Index ${shown(index)} not found`, this.#labels.values());
  }

  #knownColumn(column: string): string {
    if (this.#columns.has(column) || column === this.indexName) return column;
    throw new HearthError("cell-unknown", `No column named "${column}"`, {
      hint: didYouMean(column, [...this.columns, this.indexName]),
    });
  }

  #selected(focus: Focus, selector: string): Focus {
    const part = this.#columns.get(selector);
    if (part?.kind !== "series") {
      throw new HearthError("cell-unknown", `Column "${selector}" is not a series column`, {
        hint: didYouMean(selector, this.seriesColumns),
      });
    }
    return { ...focus, selector, subindex: null };
  }

  #knownSubindex(focus: Focus, subindex: Cell): Cell {
    const [selector, part] = this.#selectorOf(focus);
    if (subindex === null) return null;
    const key = labelKey(subindex);
    const known = part.rowsOf(labelKey(focus.index)).map((row) => part.cellAt(selector, row));
    const found = known.find((cell) => labelKey(cell) === key);
    if (found !== undefined) return found;
    throw unknownCell(`No row of ${shown(focus.index)} has ${shown(subindex)} as ${selector}`, known);
  }

  #selectorOf({ selector }: Focus): readonly [selector: string, part: SeriesPart] {
    const part = selector === null ? undefined : this.#columns.get(selector);
    if (selector !== null && part?.kind === "series") return [selector, part];
    throw new HearthError("cell-unknown", "No selector is set", {
      hint: this.hasSeries
        ? `Set one with set_selector: ${listNames(this.seriesColumns)}.`
        : "This session has no series.",
    });
  }

  get hasSeries(): boolean {
    return this.parts.some(({ kind }) => kind === "series");
  }

  get seriesColumns(): readonly string[] {
    return this.columns.filter((column) => this.#columns.get(column)?.kind === "series");
  }

  /**
   * The focus with the subindex that it has: the chosen one, else that of the label's last row. Throws `cell-unknown`
   * where there is no series, no selector or no row.
   */
  settled(focus: Focus): Focus {
    const [, part] = this.#selectorOf(focus);
    if (focus.subindex !== null) return focus;
    if (part.countOf(labelKey(focus.index)) > 0) return { ...focus, subindex: this.lastSubindex(focus) };
    throw new HearthError("cell-unknown", `The series has no row of ${shown(focus.index)}`);
  }

  /** The selector's value in a label's last row; null without one. Throws `cell-unknown` without a selector. */
  lastSubindex(focus: Focus): Cell {
    const [selector, part] = this.#selectorOf(focus);
    const last = part.rowsOf(labelKey(focus.index)).at(-1);
    return last === undefined ? null : part.cellAt(selector, last);
  }

  /** A subindex is needed there: a label has several rows of the column's series. */
  isAmbiguous({ index, column }: Focus): boolean {
    const part = column === null ? undefined : this.#columns.get(column);
    return part?.kind === "series" && part.countOf(labelKey(index)) > 1;
  }

  /** The value at the focus: the label itself when the column is the index. Throws `cell-unknown`. */
  valueAt(focus: Focus): Cell {
    const { index, column } = focus;
    if (column === null) throw new HearthError("cell-unknown", "This session has no columns");
    const part = this.#columns.get(column);
    if (part === undefined || this.#labels.size === 0) return index;
    if (part.kind === "parameters") return part.value(column);
    if (part.kind === "rows") return part.cell(column, labelKey(index));
    const row = this.#rowToRead(part, focus);
    return row === undefined ? null : part.cellAt(column, row);
  }

  /** A label's only row is meant whatever the subindex is. */
  #rowToRead(part: SeriesPart, focus: Focus): number | undefined {
    const rows = part.rowsOf(labelKey(focus.index));
    if (rows.length < 2) return rows[0];
    const [selector, { section }] = this.#selectorOf(focus);
    if (focus.subindex === null || part.section !== section) return rows.at(-1);
    const row = lastRowWith(part, rows, selector, focus.subindex);
    if (row !== undefined) return row;
    throw unknownCell(
      `No row of ${shown(focus.index)} has ${shown(focus.subindex)} as ${selector}`,
      rows.map((each) => part.cellAt(selector, each)),
    );
  }

  /** Throws `cell-read-only` for a column that is only read, `cell-unknown` where there is no cell to write to. */
  checkWritable(focus: Focus): void {
    const { column } = focus;
    const part = column === null ? undefined : this.#columns.get(column);
    if (part === undefined) {
      if (column === null) throw new HearthError("cell-unknown", "This session has no columns");
      throw new HearthError("cell-read-only", `"${column}" is the index and can't be written`);
    }
    if (part.section.kind === "input") {
      throw new HearthError("cell-read-only", `Column "${column}" is one of the input and can't be written`, {
        hint: `Written can be ${listNames(this.columns.filter((name) => this.isWritable(name)))}.`,
      });
    }
    if (this.#labels.size === 0) throw new HearthError("cell-unknown", "This session has no rows");
    if (part.kind === "series") this.#selectorOf(focus);
  }

  /** True for a column that is there and that is not one of the input. */
  isWritable(column: string): boolean {
    const part = this.#columns.get(column);
    return part !== undefined && part.section.kind !== "input";
  }

  /** Writes a value to the focus, which was checked; gives how many bytes of memory that takes more, roughly. */
  write(focus: Focus, value: Cell): number {
    const column = focus.column as string;
    const part = this.#columns.get(column) as Part;
    if (part.kind === "parameters") return part.write(column, value);
    if (part.kind === "rows") return part.write(column, focus.index, value);
    return part.writeAt(column, this.#rowToWrite(part, focus), value);
  }

  #rowToWrite(part: SeriesPart, { index, selector, subindex }: Focus): number {
    const rows = part.rowsOf(labelKey(index));
    const selecting = selector as string;
    const isLast = subindex === null || !part.columns.includes(selecting);
    const row = isLast ? rows.at(-1) : lastRowWith(part, rows, selecting, subindex);
    if (row !== undefined) return row;
    this.#joinedRows = undefined;
    const added = part.add(index);
    if (part.columns.includes(selecting)) part.writeAt(selecting, added, subindex);
    return added;
  }

  /**
   * All rows of the series of a label; of several series each row of one with each of the others. Throws `cell-unknown`
   * when there is no series.
   */
  seriesRowsOf(index: Cell): readonly CellObject[] {
    if (!this.hasSeries) throw new HearthError("cell-unknown", "This session has no series");
    const columns = this.seriesColumns;
    return this.seriesCombinations(index).map((rows) =>
      objectFrom(
        columns.map((column) => {
          const part = this.#columns.get(column) as SeriesPart;
          const row = rows.get(part);
          return [column, row === undefined ? null : part.cellAt(column, row)];
        }),
      ),
    );
  }

  /** All combinations of the rows that the series have for a label; none when no series has one. */
  seriesCombinations(index: Cell): readonly ReadonlyMap<SeriesPart, number>[] {
    const key = labelKey(index);
    let combinations: readonly ReadonlyMap<SeriesPart, number>[] = [];
    for (const part of this.parts) {
      if (part.kind !== "series" || part.countOf(key) === 0) continue;
      const before = combinations.length === 0 ? [NO_ROWS] : combinations;
      combinations = before.flatMap((rows) => part.rowsOf(key).map((row) => new Map([...rows, [part, row]])));
    }
    return combinations;
  }
}

const NO_ROWS: ReadonlyMap<SeriesPart, number> = new Map();

function joinedRows(parts: readonly Part[]): number {
  const rowParts = parts.filter((part) => part.kind !== "parameters");
  const [only, ...others] = rowParts;
  if (only === undefined) return 1;
  if (others.length === 0 && only.kind === "rows") return only.labels.size;
  const keys = new Set<string>();
  for (const { labels } of rowParts) for (const key of labels.keys()) keys.add(key);
  let rows = 0;
  for (const key of keys) {
    rows += rowParts.reduce((product, part) => product * Math.max(1, part.countOf(key)), 1);
  }
  return rows;
}

/** What a frame of parameters alone has. */
const ONE_ROW: ReadonlyMap<string, Cell> = new Map([[labelKey(0), 0]]);

function lastRowWith(
  part: SeriesPart,
  rows: readonly number[],
  selector: string,
  subindex: Cell,
): number | undefined {
  const key = labelKey(subindex);
  return rows.findLast((row) => labelKey(part.cellAt(selector, row)) === key);
}

/** Names listed at most, so that one of a million is no work. */
const SHOWN = 20;

function unknownCell(message: string, known: Iterable<Cell>): HearthError {
  const some: string[] = [];
  for (const cell of known) {
    if (some.length === SHOWN) return new HearthError("cell-unknown", message, { hint: andMore(some) });
    some.push(pythonStr(cell));
  }
  return new HearthError("cell-unknown", message, { hint: `There are ${listNames(some)}.` });
}

function andMore(names: readonly string[]): string {
  return `There are ${listNames(names)} and more.`;
}

function shown(label: Cell): string {
  return typeof label === "string" ? `"${label}"` : pythonStr(label);
}
