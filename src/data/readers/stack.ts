import { HearthError } from "../../errors.ts";
import { inTurns, type Steps, turn } from "../../turns.ts";
import { checkCells } from "../cell-limit.ts";
import { collect, streamOf, tableBehind, tooManyBytes } from "../columns.ts";
import { GAP, selectWithGaps } from "../gaps.ts";
import { columnSteps } from "../infer-column.ts";
import { didYouMean, listNames } from "../../nearest.ts";
import {
  isIdentity,
  type JoinedRows,
  type JoinKind,
  joinKeySteps,
  joinRowSteps,
  sideBySide,
  sortByKeySteps,
} from "../join-tables.ts";
import { CELLS_PER_STEP, kindOf } from "../records.ts";
import { checkSource } from "../source-check.ts";
import type { DataSource, ReadContext, Reader } from "../source.ts";
import { concatSteps } from "../table-concat.ts";
import { cellOf } from "../table-rows.ts";
import { sizeSteps } from "../table-size.ts";
import type { Cell, Column, Table } from "../table.ts";

/** What a stack may make. */
interface StackBound {
  /** Cells of the result. */
  readonly maxCells: number;
  /** How messages name it. */
  readonly shownName: string;
}

/**
 * A reader over other sources: their tables are read first, all of them in memory. Never kept, but its parts are.
 *
 * @param counted the size of the result, as far as parts alone tell it: it is checked before the next part is read
 */
function stackReader(
  type: string,
  parameters: readonly string[],
  stack: (source: DataSource, parts: readonly Part[], bound: StackBound) => Steps<Table>,
  counted: () => (table: Table) => { readonly rows: number; readonly columns: number },
): Reader {
  return {
    type,
    extensions: [],
    mediaTypes: [],
    readsNoFile: true,
    parameters: ["specifications", ...parameters],
    options: () => undefined,
    async read(source, context) {
      const bound = { maxCells: context.maxCells, shownName: `The data source of type "${type}"` };
      const parts: Part[] = [];
      const size = counted();
      let bytes = 0;
      for (const specification of specificationsOf(source)) {
        await turnAfter(parts.length, context.signal);
        const part = await readPart(specification, context);
        const { rows, columns } = size(part.table);
        checkCells(rows, columns, bound.maxCells, bound.shownName);
        bytes += await inTurns(sizeSteps(part.table), context.signal);
        if (bytes > context.memoryLimit) throw tooManyBytes(context.memoryLimit);
        parts.push(part);
      }
      return streamOf(await inTurns(stack(source, parts, bound), context.signal));
    },
  };
}

/** Parts that come from the cache take no time of their own: without a pause thousands would be one long step. */
const PARTS_PER_TURN = 32;

async function turnAfter(parts: number, signal: AbortSignal): Promise<void> {
  if (parts % PARTS_PER_TURN === PARTS_PER_TURN - 1) await turn(signal);
}

interface Part {
  readonly specification: DataSource;
  readonly table: Table;
}

function specificationsOf({ type, specifications }: DataSource): readonly DataSource[] {
  if (!Array.isArray(specifications)) {
    throw new HearthError(
      "request-invalid",
      `The data source of type "${type}" needs "specifications", a list of data sources`,
    );
  }
  if (specifications.length === 0) {
    throw new HearthError(
      "request-invalid",
      `The data source of type "${type}" has no data sources in "specifications"`,
    );
  }
  return specifications.map(checkSource);
}

async function readPart(specification: DataSource, { read, memoryLimit }: ReadContext): Promise<Part> {
  const stream = await read(specification);
  return { specification, table: tableBehind(stream) ?? (await collect(stream, memoryLimit)) };
}

const JOINS: readonly JoinKind[] = ["left", "right", "inner", "outer"];

/** Tables side by side, joined by row label or by a column (section 4.4 of the wire contract). */
export const hstackReader = stackReader("hstack", [], hstackSteps, () => {
  let columns = 0;
  return (table) => ({ rows: 0, columns: (columns += table.columns.length) });
});

function* hstackSteps(source: DataSource, parts: readonly Part[], bound: StackBound): Steps<Table> {
  const [first, ...others] = parts;
  let table = (first as Part).table;
  const index = textOf(source, "index");
  const ranges = new Map<number, Column>();
  for (const part of others) {
    table = yield* joined(table, part, { index, bound, ranges });
    yield;
  }
  return table;
}

interface Joining {
  readonly index: string | undefined;
  readonly bound: StackBound;
  /** The labels of tables without any, by number of rows: parts of one length share them. */
  readonly ranges: Map<number, Column>;
}

function* joined(
  left: Table,
  { specification, table }: Part,
  { index, bound, ranges }: Joining,
): Steps<Table> {
  const how = textOf(specification, "how") ?? "left";
  const kind = JOINS.find((known) => known === how);
  if (kind === undefined) {
    throw new HearthError("request-invalid", `"how" of a stack can't be "${how}"`, {
      hint: `It is one of ${listNames(JOINS)}.`,
    });
  }
  const suffixes = {
    left: textOf(specification, "lsuffix") ?? "",
    right: textOf(specification, "rsuffix") ?? "_right",
  };
  const columns = left.columns.length + table.columns.length;
  const checkRows = (count: number) => checkCells(count, columns, bound.maxCells, bound.shownName);
  const on = specification["on"] ?? "index";
  if (on !== "index") return yield* joinedOn(namesOf(on), left, table, { kind, suffixes, checkRows });
  const labelled = withLabels(left, index);
  const right = withLabels(table, textOf(specification, "index"));
  const labels = [labelOf(labelled, ranges), labelOf(right, ranges)] as const;
  checkRows(labelled.rows);
  const rows =
    labels[0] === labels[1] && ranges.get(labelled.rows) === labels[0]
      ? sameRows(labelled.rows)
      : yield* joinRowSteps(
          yield* labelKeys(labels[0], labelled.rows),
          yield* labelKeys(labels[1], right.rows),
          kind,
          checkRows,
        );
  const labelAt = ({ left: l, right: r }: typeof rows, place: number): Cell => {
    const row = l[place] as number;
    return row < 0 ? cellOf(labels[1], r[place] as number) : cellOf(labels[0], row);
  };
  const ordered = kind === "outer" ? yield* sortByKeySteps(rows, (place) => labelAt(rows, place)) : rows;
  const result = yield* sideBySide(labelled, right, ordered, suffixes);
  const isSame = (yield* isIdentity(ordered.left, labelled.rows)) && labels[0].name === (index ?? "");
  const label = isSame
    ? labels[0]
    : yield* columnOfPlaces(index ?? "", ordered.left.length, (place) => labelAt(ordered, place));
  return index === undefined
    ? { ...result, labels: label }
    : { ...result, columns: [...result.columns, label] };
}

/** Row by row, however they are joined: the labels are 0 to rows - 1 on both sides. */
function sameRows(rows: number): JoinedRows {
  const places = Array.from({ length: rows }, (_, row) => row);
  return { left: places, right: places };
}

/** Keys of label columns: the labels of a long stack stay the same from part to part. */
const labelKeysOf = new WeakMap<Column, string[]>();

function* labelKeys(labels: Column, rows: number): Steps<string[]> {
  const known = labelKeysOf.get(labels);
  if (known !== undefined) return known;
  const keys = yield* joinKeySteps([labels], rows);
  labelKeysOf.set(labels, keys);
  return keys;
}

function* columnOfPlaces(
  name: string | number,
  length: number,
  cellAt: (place: number) => Cell,
): Steps<Column> {
  const cells: Cell[] = [];
  for (let place = 0; place < length; place += 1) {
    cells.push(cellAt(place));
    if (place % CELLS_PER_STEP === 0) yield;
  }
  return yield* columnSteps(name, cells);
}

interface JoinWay {
  readonly kind: JoinKind;
  readonly suffixes: { readonly left: string; readonly right: string };
  readonly checkRows: (rows: number) => void;
}

/** A merge: the key stands once, at its place on the left. */
function* joinedOn(
  on: readonly string[],
  left: Table,
  right: Table,
  { kind, suffixes, checkRows }: JoinWay,
): Steps<Table> {
  const keysOf = (table: Table) => on.map((name) => columnNamed(table, name));
  const [leftKeys, rightKeys] = [keysOf(left), keysOf(right)];
  const rows = yield* joinRowSteps(
    yield* joinKeySteps(leftKeys, left.rows),
    yield* joinKeySteps(rightKeys, right.rows),
    kind,
    checkRows,
  );
  const keyAt = (i: number, { left: l, right: r }: typeof rows, place: number): Cell => {
    const row = l[place] as number;
    return row < 0 ? cellOf(rightKeys[i] as Column, r[place] as number) : cellOf(leftKeys[i] as Column, row);
  };
  const ordered = kind === "outer" ? yield* sortByKeySteps(rows, (place) => keyAt(0, rows, place)) : rows;
  const others = { rows: right.rows, columns: right.columns.filter((column) => !rightKeys.includes(column)) };
  const result = yield* sideBySide(left, others, ordered, suffixes);
  if (!ordered.left.includes(GAP)) return result;
  const columns = [...result.columns];
  for (const [at, column] of columns.entries()) {
    const i = on.indexOf(String(column.name));
    if (i < 0) continue;
    columns[at] = yield* columnOfPlaces(column.name, result.rows, (place) => keyAt(i, ordered, place));
  }
  return { rows: result.rows, columns };
}

/** The named column becomes the labels and is no data any more. */
function withLabels(table: Table, index: string | undefined): Table {
  if (index === undefined) return table;
  const labels = columnNamed(table, index);
  return { rows: table.rows, columns: table.columns.filter((column) => column !== labels), labels };
}

function labelOf({ labels, rows }: Table, ranges: Map<number, Column>): Column {
  const known = labels ?? ranges.get(rows);
  if (known !== undefined) return known;
  const values = Float64Array.from({ length: rows }, (_, row) => row);
  const dtype = rows === 0 ? "float64" : "int64";
  const range: Column = { kind: "number", dtype, name: "", length: rows, values, valid: undefined };
  ranges.set(rows, range);
  return range;
}

function columnNamed({ columns }: Table, name: string): Column {
  const column = columns.find((candidate) => String(candidate.name) === name);
  if (column !== undefined) return column;
  const known = columns.map((candidate) => String(candidate.name));
  throw new HearthError("column-unknown", `A part of the stack has no column "${name}"`, {
    hint: didYouMean(name, known),
  });
}

function namesOf(on: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(on) ? on : [on];
  if (names.every((name) => typeof name === "string")) return names as string[];
  throw new HearthError(
    "request-invalid",
    `"on" of a stack is a column's name or a list of them, not ${kindOf(on)}`,
  );
}

function textOf(source: DataSource, name: string): string | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new HearthError("request-invalid", `"${name}" of a stack is a text, not ${kindOf(value)}`);
}

/** Rows one below the other; columns united in order of appearance, with gaps. */
export const vstackReader = stackReader("vstack", ["reset_index"], vstackSteps, () => {
  const names = new Set<string>();
  let rows = 0;
  return (table) => {
    for (const { name } of table.columns) names.add(String(name));
    return { rows: (rows += table.rows), columns: names.size };
  };
});

function* vstackSteps(_: DataSource, parts: readonly Part[]): Steps<Table> {
  const tables = parts.map(({ table }) => table);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  // By name: the part of each table, found once.
  const byName = new Map<string, Map<number, Column>>();
  for (const [at, table] of tables.entries()) {
    for (const column of table.columns) {
      const name = String(column.name);
      const known = byName.get(name);
      if (known === undefined) byName.set(name, new Map([[at, column]]));
      else if (!known.has(at)) known.set(at, column);
    }
    if (at % 256 === 255) yield;
  }
  const columns: Column[] = [];
  for (const [name, found] of byName) {
    columns.push(yield* below(name, tables, found));
    yield;
  }
  return { rows, columns };
}

function* below(name: string, tables: readonly Table[], found: ReadonlyMap<number, Column>): Steps<Column> {
  const present = [...found.values()];
  const [first] = present;
  const head = { name: first?.name ?? name, dtype: first?.dtype ?? "object" } as const;
  if (present.length === tables.length && present.every(({ dtype }) => dtype === head.dtype)) {
    const [only] = present;
    if (present.length === 1 && only !== undefined) return only;
    const length = present.reduce((sum, column) => sum + column.length, 0);
    return yield* concatSteps(head, present, length);
  }
  const cells: (Cell | undefined)[] = [];
  for (const [at, table] of tables.entries()) {
    const column = found.get(at);
    for (let row = 0; row < table.rows; row += 1) {
      cells.push(column === undefined ? undefined : cellOf(column, row));
      if (cells.length % CELLS_PER_STEP === 0) yield;
    }
  }
  return yield* columnSteps(head.name, cells);
}

/** One row of several: a later part's column takes the place of an earlier one. */
export const rowStackReader = stackReader("stack", [], rowStackSteps, () => {
  let columns = 0;
  return (table) => ({ rows: 0, columns: (columns = Math.max(columns, table.columns.length)) });
});

function* rowStackSteps(_: DataSource, parts: readonly Part[], bound: StackBound): Steps<Table> {
  const columns = new Map<string, Column>();
  for (const { table } of parts) {
    if (table.rows !== 1) {
      throw new HearthError("data-invalid", `Each part of a stack has one row; one has ${table.rows}`);
    }
    for (const column of table.columns) columns.set(String(column.name), column);
    checkCells(1, columns.size, bound.maxCells, bound.shownName);
    yield;
  }
  return { rows: 1, columns: [...columns.values()] };
}

/** One row for each distinct value of `index`; the other columns hold the lists of its values. */
export const seriesReader: Reader = {
  type: "series",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  parameters: ["specifications"],
  options: () => undefined,
  async read(source, context) {
    const index = textOf(source, "index");
    if (index === undefined) {
      throw new HearthError(
        "request-invalid",
        'The data source of type "series" needs "index", a column\'s name',
      );
    }
    const { table } = await readPart(checkSource(source["specifications"]), context);
    return streamOf(await inTurns(inSeries(table, columnNamed(table, index)), context.signal));
  },
};

function* inSeries(table: Table, label: Column): Steps<Table> {
  const groups = new Map<string, number[]>();
  for (const [row, key] of (yield* joinKeySteps([label], table.rows)).entries()) {
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
    if (row % CELLS_PER_STEP === 0) yield;
  }
  const rows = [...groups.values()];
  const firsts = rows.map(([first]) => first as number);
  const columns: Column[] = [asObject(selectWithGaps(label, firsts))];
  let made = 0;
  for (const column of table.columns) {
    if (column === label) continue;
    const values: Cell[][] = [];
    for (const group of rows) {
      const cells: Cell[] = [];
      for (const row of group) {
        cells.push(cellOf(column, row));
        made += 1;
        if (made % CELLS_PER_STEP === 0) yield;
      }
      values.push(cells);
    }
    columns.push({ kind: "mixed", dtype: "object", name: column.name, length: rows.length, values });
  }
  return { rows: rows.length, columns };
}

/** The labels stand in a frame of objects. */
function asObject(column: Column): Column {
  if (column.dtype === "object") return column;
  const values = Array.from({ length: column.length }, (_, row) => cellOf(column, row));
  return { kind: "mixed", dtype: "object", name: column.name, length: column.length, values };
}
