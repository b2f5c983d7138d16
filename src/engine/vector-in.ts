import type { Vector } from "@duckdb/node-bindings";
import { cellOf } from "../data/columns.ts";
import { writeJsonBytes } from "../data/json-write.ts";
import type { Cell, Column } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { DuckDB } from "./duckdb.ts";
import { microsOf } from "./datetime.ts";

/** Puts rows `[from, from + count)` of a column into one of the engine's vectors. */
export type Fill = (raw: DuckDB["raw"], vector: Vector, column: Column, from: number, count: number) => void;

/** Fixed-width values: `write` puts one value into the view; missing ones are left out. */
function fixed(
  width: number,
  write: (view: DataView, at: number, column: Column, row: number) => void,
): Fill {
  return (raw, vector, column, from, count) => {
    const bytes = new ArrayBuffer(count * width);
    const view = new DataView(bytes);
    const isValid = validityOf(column);
    const mask = new Mask(count);
    for (let i = 0; i < count; i += 1) {
      if (isValid(from + i)) write(view, i * width, column, from + i);
      else mask.clear(i);
    }
    raw.copy_data_to_vector(vector, 0, bytes, 0, bytes.byteLength);
    mask.put(raw, vector);
  };
}

function validityOf(column: Column): (row: number) => boolean {
  if (column.kind === "mixed") return (row) => (column.values[row] ?? null) !== null;
  const { valid } = column;
  if (valid !== undefined) return (row) => valid[row] !== 0;
  // NaN is how a float column says "missing".
  if (column.kind === "number" && /^float64$/i.test(column.dtype))
    return (row) => !Number.isNaN(column.values[row]);
  return () => true;
}

function numberAt(column: Column, row: number): number {
  return column.kind === "mixed"
    ? Number(column.values[row])
    : Number((column as { values: ArrayLike<number> }).values[row]);
}

/** The engine's mask of valid rows: 64 a word, written only when a row is missing. */
class Mask {
  readonly #words: Uint8Array;
  #isNeeded = false;

  constructor(count: number) {
    this.#words = new Uint8Array(Math.ceil(count / 64) * 8).fill(0xff);
  }

  clear(row: number): void {
    this.#isNeeded = true;
    this.#words[row >> 3] = (this.#words[row >> 3] as number) & ~(1 << (row & 7));
  }

  put(raw: DuckDB["raw"], vector: Vector): void {
    if (!this.#isNeeded) return;
    raw.vector_ensure_validity_writable(vector);
    raw.copy_data_to_vector_validity(vector, 0, this.#words.buffer as ArrayBuffer, 0, this.#words.byteLength);
  }
}

export const fillDouble: Fill = fixed(8, (view, at, column, row) =>
  view.setFloat64(at, numberAt(column, row), true),
);
export const fillInteger: Fill = fixed(4, (view, at, column, row) =>
  view.setInt32(at, numberAt(column, row), true),
);

/** BIGINT and UBIGINT: safe integers without a detour over `bigint`. */
export const fillBigInt: Fill = fixed(8, (view, at, column, row) => {
  const value = (column as { values: ArrayLike<number | bigint> }).values[row] as number | bigint;
  if (typeof value === "bigint") view.setBigInt64(at, BigInt.asIntN(64, value), true);
  else {
    view.setUint32(at, value >>> 0, true);
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
});

export const fillBoolean: Fill = fixed(1, (view, at, column, row) => {
  const value =
    column.kind === "mixed" ? column.values[row] : (column as { values: ArrayLike<number> }).values[row];
  view.setUint8(at, value === true || value === 1 ? 1 : 0);
});

/** Datetimes are ISO texts; digits beyond the microsecond are cut. Throws `data-invalid` for another text. */
export const fillTimestamp: Fill = fixed(8, (view, at, column, row) => {
  const text = String(cellOf(column, row));
  const micros = microsOf(text);
  if (micros === undefined)
    throw new HearthError("data-invalid", `"${text}" in column "${column.name}" is no datetime`);
  view.setBigInt64(at, micros, true);
});

const encoder = new TextEncoder();

/** Texts; of other values (in a stream whose later batches hold some) their JSON. */
export const fillText: Fill = (raw, vector, column, from, count) => {
  if (column.kind === "text") {
    fillBytes(raw, vector, from, count, validityOf(column), (row) =>
      column.bytes.subarray(column.offsets[row], column.offsets[row + 1]),
    );
  } else
    fillCells(raw, vector, column, from, count, (cell) =>
      typeof cell === "string" ? encoder.encode(cell) : writeJsonBytes(cell),
    );
};

/** Any values as JSON. */
export const fillJson: Fill = (raw, vector, column, from, count) =>
  fillCells(raw, vector, column, from, count, writeJsonBytes);

function fillCells(
  raw: DuckDB["raw"],
  vector: Vector,
  column: Column,
  from: number,
  count: number,
  encode: (cell: Cell) => Uint8Array,
): void {
  fillBytes(raw, vector, from, count, validityOf(column), (row) => encode(cellOf(column, row)));
}

/** A text of up to 12 bytes stands inside the engine's 16-byte entry: those are laid out here and copied at once. */
const INLINE_BYTES = 12;

function fillBytes(
  raw: DuckDB["raw"],
  vector: Vector,
  from: number,
  count: number,
  isValid: (row: number) => boolean,
  bytesOf: (row: number) => Uint8Array,
): void {
  const entries = new Uint8Array(count * 16);
  const mask = new Mask(count);
  const long: [number, Uint8Array][] = [];
  for (let i = 0; i < count; i += 1) {
    if (!isValid(from + i)) {
      mask.clear(i);
      continue;
    }
    const bytes = bytesOf(from + i);
    if (bytes.length > INLINE_BYTES) long.push([i, bytes]);
    else {
      entries[i * 16] = bytes.length;
      for (let k = 0; k < bytes.length; k += 1) entries[i * 16 + 4 + k] = bytes[k] as number;
    }
  }
  raw.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
  for (const [i, bytes] of long) raw.vector_assign_string_element_len(vector, i, bytes);
  mask.put(raw, vector);
}
