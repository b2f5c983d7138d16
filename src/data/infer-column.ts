import type { Steps } from "../turns.ts";
import { Moment } from "./moment.ts";
import { concatSteps } from "./table-concat.ts";
import { type Cell, type Column, type DType, WholeFloat } from "./table.ts";
import { TextColumnBuilder } from "./text-column.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * What the cells of one column were like: enough to give the dtype that pandas infers for a list of Python objects
 * (`pandas.core.dtypes.cast` and `lib.maybe_convert_objects` of pandas 2.3). Mergeable, so that a stream can be typed in
 * a first pass.
 */
export interface CellTally {
  cells: number;
  /** null. */
  nulls: number;
  /** NaN, and keys that a record does not have: both count as a float that is missing. */
  absent: number;
  booleans: number;
  integers: number;
  floats: number;
  texts: number;
  /** Datetimes; dates are among the others. */
  moments: number;
  /** Lists, mappings, dates, and texts that UTF-8 cannot hold. */
  others: number;
  /** Integers of more than 53 bits. */
  bigIntegers: number;
  smallest: bigint;
  largest: bigint;
  hasNegative: boolean;
}

export function emptyTally(): CellTally {
  const counts = {
    cells: 0,
    nulls: 0,
    absent: 0,
    booleans: 0,
    integers: 0,
    floats: 0,
    texts: 0,
    moments: 0,
    others: 0,
  };
  return { ...counts, bigIntegers: 0, smallest: 0n, largest: 0n, hasNegative: false };
}

/** Counts one cell; undefined stands for a key that the record does not have. */
export function countCell(tally: CellTally, cell: Cell | undefined): void {
  tally.cells += 1;
  if (typeof cell === "number") countNumber(tally, cell);
  else if (typeof cell === "string") {
    if (cell.isWellFormed()) tally.texts += 1;
    else tally.others += 1;
  } else if (cell === null) tally.nulls += 1;
  else if (cell === undefined) tally.absent += 1;
  else if (typeof cell === "boolean") tally.booleans += 1;
  else if (cell instanceof WholeFloat) tally.floats += 1;
  else if (cell instanceof Moment && !cell.isDate) tally.moments += 1;
  else if (typeof cell === "bigint") countBigInt(tally, cell);
  else tally.others += 1;
}

function countNumber(tally: CellTally, cell: number): void {
  if (Number.isNaN(cell)) tally.absent += 1;
  else if (!Number.isInteger(cell)) tally.floats += 1;
  else {
    tally.integers += 1;
    if (cell < 0) tally.hasNegative = true;
  }
}

function countBigInt(tally: CellTally, cell: bigint): void {
  tally.integers += 1;
  tally.bigIntegers += 1;
  if (cell < 0n) tally.hasNegative = true;
  if (cell < tally.smallest) tally.smallest = cell;
  if (cell > tally.largest) tally.largest = cell;
}

/**
 * The dtype that pandas gives: integers alone int64 or uint64, with floats or gaps float64, beyond 64 bits object;
 * booleans alone bool; nothing at all float64, unless every cell is null: object.
 */
export function dtypeOf(tally: CellTally): DType {
  if (tally.texts + tally.others > 0) return "object";
  const numbers = tally.integers + tally.floats;
  const gaps = tally.nulls + tally.absent;
  if (tally.moments > 0) return numbers + tally.booleans === 0 ? "datetime64[ns]" : "object";
  if (tally.booleans > 0) return numbers + gaps === 0 ? "bool" : "object";
  if (numbers === 0) return tally.nulls > 0 && tally.absent === 0 ? "object" : "float64";
  const isUnsigned = tally.largest > INT64_MAX;
  const isBeyond = tally.largest > UINT64_MAX || tally.smallest < INT64_MIN;
  if (isBeyond || (isUnsigned && tally.hasNegative)) return "object";
  if (tally.floats + gaps > 0) return "float64";
  return isUnsigned ? "uint64" : "int64";
}

/** True when an object column holds nothing but texts and gaps. */
function isTextOnly(tally: CellTally): boolean {
  return tally.booleans + tally.integers + tally.floats + tally.moments + tally.others === 0;
}

/**
 * A column of these cells, with the dtype that pandas infers from a list of them; undefined is a key that the record
 * does not have.
 *
 * @param tally of more cells than these, when they are a part of a longer column
 */
export function columnFromCells(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  tally: CellTally = tallyOf(cells),
): Column {
  const dtype = dtypeOf(tally);
  const length = cells.length;
  if (dtype === "float64") {
    return {
      kind: "number",
      dtype,
      name,
      length,
      values: Float64Array.from(cells, floatOf),
      valid: undefined,
    };
  }
  if (dtype === "int64" || dtype === "uint64")
    return integerColumn(name, cells, dtype, tally.bigIntegers > 0);
  if (dtype === "bool") {
    const values = Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0));
    return { kind: "bool", dtype, name, length, values, valid: undefined };
  }
  if (dtype === "datetime64[ns]") return textColumn(name, cells.map(isoOf), dtype);
  if (isTextOnly(tally)) return textColumn(name, cells);
  return { kind: "mixed", dtype: "object", name, length, values: cells.map(presentCell) };
}

/** Cells of a column that are typed in one go. */
const CELLS_PER_PART = 8192;

/** As `columnFromCells`, in steps: a long column is made of parts. */
export function* columnSteps(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  known?: CellTally,
): Steps<Column> {
  const { length } = cells;
  if (length <= CELLS_PER_PART) return columnFromCells(name, cells, known);
  const tally = known ?? (yield* tallySteps(cells));
  const parts: Column[] = [];
  for (let from = 0; from < length; from += CELLS_PER_PART) {
    parts.push(columnFromCells(name, cells.slice(from, from + CELLS_PER_PART), tally));
    yield;
  }
  return yield* concatSteps({ name, dtype: dtypeOf(tally) }, parts, length);
}

function* tallySteps(cells: readonly (Cell | undefined)[]): Steps<CellTally> {
  const tally = emptyTally();
  for (let row = 0; row < cells.length; row += 1) {
    countCell(tally, cells[row]);
    if (row % CELLS_PER_PART === CELLS_PER_PART - 1) yield;
  }
  return tally;
}

function tallyOf(cells: readonly (Cell | undefined)[]): CellTally {
  const tally = emptyTally();
  for (const cell of cells) countCell(tally, cell);
  return tally;
}

function floatOf(cell: Cell | undefined): number {
  return cell === null || cell === undefined ? Number.NaN : Number(cell);
}

function integerColumn(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  dtype: "int64" | "uint64",
  isBig: boolean,
): Column {
  const length = cells.length;
  const integers = cells as readonly (number | bigint)[];
  if (!isBig) {
    return {
      kind: "number",
      dtype,
      name,
      length,
      values: Float64Array.from(integers, Number),
      valid: undefined,
    };
  }
  const values = dtype === "int64" ? new BigInt64Array(length) : new BigUint64Array(length);
  for (let row = 0; row < length; row += 1) values[row] = BigInt(integers[row] as number | bigint);
  return { kind: "bigint", dtype, name, length, values, valid: undefined };
}

function textColumn(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  dtype: "object" | "datetime64[ns]" = "object",
): Column {
  const builder = new TextColumnBuilder(cells.length);
  for (const cell of cells) builder.add(typeof cell === "string" ? cell : null);
  return { ...builder.build(name), dtype };
}

/** A moment of a zone is written in UTC: the dtype has none. */
function isoOf(cell: Cell | undefined): Cell | undefined {
  return cell instanceof Moment ? utcOf(cell.iso) : cell;
}

function utcOf(iso: string): string {
  if (!/[+-]\d\d:\d\d$/.test(iso)) return iso;
  const [, fraction = ""] = /(\.\d+)/.exec(iso) ?? [];
  return `${new Date(iso).toISOString().slice(0, 19)}${fraction}`;
}

/** Missing is null in a mixed column, and a moment its text. */
function presentCell(cell: Cell | undefined): Cell {
  if (cell instanceof Moment) return cell.iso;
  return cell === undefined || (typeof cell === "number" && Number.isNaN(cell)) ? null : cell;
}
