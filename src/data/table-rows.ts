import { WholeFloat } from "./table.ts";
import type { Cell, Column, Table } from "./table.ts";

const decoder = new TextDecoder();

/**
 * One value of a column. Floats with a whole value come as `WholeFloat`, missing values as null, integers beyond 53
 * bits as `bigint`.
 */
export function cellOf(column: Column, row: number): Cell {
  if (column.kind === "mixed") return column.values[row] ?? null;
  if (column.valid !== undefined && column.valid[row] === 0) return null;
  if (column.kind === "text")
    return decoder.decode(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]));
  if (column.kind === "bool") return column.values[row] === 1;
  if (column.kind === "number") return numberCell(column.values[row] as number, column.dtype);
  const value = column.values[row] as bigint;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** All values of a column, as `cellOf` gives them. */
export function cellsOf(column: Column): Cell[] {
  if (column.kind !== "text") return Array.from({ length: column.length }, (_, row) => cellOf(column, row));
  const { bytes, offsets, valid, length } = column;
  const first = offsets[0] ?? 0;
  const last = offsets[length] ?? first;
  const whole = decoder.decode(bytes.subarray(first, last));
  // One letter a byte: then a text is a part of the whole, which is quicker than decoding it by itself.
  if (whole.length !== last - first) return Array.from({ length }, (_, row) => cellOf(column, row));
  return Array.from({ length }, (_, row) => {
    if (valid !== undefined && valid[row] === 0) return null;
    return whole.slice((offsets[row] as number) - first, (offsets[row + 1] as number) - first);
  });
}

function numberCell(value: number, dtype: string): Cell {
  if (dtype !== "float64" && dtype !== "Float64") return value;
  if (Number.isNaN(value)) return null;
  return Number.isInteger(value) ? new WholeFloat(value) : value;
}

/** A table of these rows, in this order; a row may come several times. */
export function selectRows(table: Table, rows: ArrayLike<number>): Table {
  return { rows: rows.length, columns: table.columns.map((column) => selectCells(column, rows)) };
}

function selectCells(column: Column, rows: ArrayLike<number>): Column {
  const length = rows.length;
  if (column.kind === "mixed") {
    return { ...column, length, values: Array.from(rows, (row) => column.values[row] ?? null) };
  }
  const valid = column.valid && pick(column.valid, rows, new Uint8Array(length));
  if (column.kind === "text")
    return { ...column, length, valid, ...selectTexts(column.bytes, column.offsets, rows) };
  if (column.kind === "number") {
    return { ...column, length, valid, values: pick(column.values, rows, new Float64Array(length)) };
  }
  if (column.kind === "bool")
    return { ...column, length, valid, values: pick(column.values, rows, new Uint8Array(length)) };
  const values =
    column.values instanceof BigInt64Array ? new BigInt64Array(length) : new BigUint64Array(length);
  for (let i = 0; i < length; i += 1) values[i] = column.values[rows[i] as number] as bigint;
  return { ...column, length, valid, values };
}

function pick<T extends Uint8Array | Float64Array>(values: T, rows: ArrayLike<number>, picked: T): T {
  for (let i = 0; i < rows.length; i += 1) picked[i] = values[rows[i] as number] as number;
  return picked;
}

function selectTexts(bytes: Uint8Array, offsets: Uint32Array, rows: ArrayLike<number>) {
  const picked = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    picked[i + 1] = (picked[i] as number) + (offsets[row + 1] as number) - (offsets[row] as number);
  }
  const copied = new Uint8Array(picked[rows.length] as number);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    copied.set(bytes.subarray(offsets[row], offsets[row + 1]), picked[i]);
  }
  return { bytes: copied, offsets: picked };
}

/** Rows `[from, to)` of a table, sharing its memory where that is possible. */
export function sliceRows(table: Table, from: number, to: number): Table {
  return { rows: to - from, columns: table.columns.map((column) => sliceColumn(column, from, to)) };
}

function sliceColumn(column: Column, from: number, to: number): Column {
  const length = to - from;
  if (column.kind === "mixed") return { ...column, length, values: column.values.slice(from, to) };
  const valid = column.valid?.subarray(from, to);
  // Offsets need not begin at 0: text i is bytes[offsets[i] .. offsets[i + 1]).
  if (column.kind === "text")
    return { ...column, length, valid, offsets: column.offsets.subarray(from, to + 1) };
  if (column.kind === "number") return { ...column, length, valid, values: column.values.subarray(from, to) };
  if (column.kind === "bool") return { ...column, length, valid, values: column.values.subarray(from, to) };
  return { ...column, length, valid, values: column.values.subarray(from, to) };
}
