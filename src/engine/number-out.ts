import type { DuckDBDecimalType } from "@duckdb/node-api";
import type { BigIntColumn, Cell, Column, MixedColumn, NumberColumn } from "../data/table.ts";
import type { DuckDB } from "./duckdb.ts";
import type { RawVector } from "./raw-vector.ts";

type ReadAt = (view: DataView, at: number) => number;

/** The reader for integers of up to 32 bits, or undefined for another type. */
export function smallIntReader(api: DuckDB["api"], typeId: number): ((raw: RawVector) => Column) | undefined {
  const { DuckDBTypeId: id } = api;
  const readers: Readonly<Record<number, [number, ReadAt]>> = {
    [id.TINYINT]: [1, (view, at) => view.getInt8(at)],
    [id.UTINYINT]: [1, (view, at) => view.getUint8(at)],
    [id.SMALLINT]: [2, (view, at) => view.getInt16(at, true)],
    [id.USMALLINT]: [2, (view, at) => view.getUint16(at, true)],
    [id.INTEGER]: [4, (view, at) => view.getInt32(at, true)],
    [id.UINTEGER]: [4, (view, at) => view.getUint32(at, true)],
  };
  const reader = readers[typeId];
  if (reader === undefined) return undefined;
  const [width, readAt] = reader;
  return (raw) => numbers(raw, width, readAt, "int64");
}

function numbers(raw: RawVector, width: number, readAt: ReadAt, dtype: NumberColumn["dtype"]): NumberColumn {
  const view = raw.bytes(width);
  const values = new Float64Array(raw.rows);
  const missing = dtype === "float64" ? Number.NaN : 0;
  for (let row = 0; row < raw.rows; row += 1)
    values[row] = raw.valid?.[row] === 0 ? missing : readAt(view, row * width);
  const valid = dtype === "float64" ? undefined : raw.valid;
  return { kind: "number", dtype, name: "", length: raw.rows, values, valid };
}

/** High words of integers within 53 bits lie in [-2^21, 2^21). */
const SAFE_HIGH = 2 ** 21;

/** BIGINT and UBIGINT: numbers while all are safe integers, else 64-bit integers. */
export function readBigInts(raw: RawVector): Column {
  const isSigned = raw.type.typeId === raw.duckdb.api.DuckDBTypeId.BIGINT;
  const view = raw.bytes(8);
  const values = new Float64Array(raw.rows);
  for (let row = 0; row < raw.rows; row += 1) {
    if (raw.valid?.[row] === 0) continue;
    const high = isSigned ? view.getInt32(row * 8 + 4, true) : view.getUint32(row * 8 + 4, true);
    const value = high * 2 ** 32 + view.getUint32(row * 8, true);
    if (high >= SAFE_HIGH || high < -SAFE_HIGH || !Number.isSafeInteger(value))
      return wide(raw, view, isSigned);
    values[row] = value;
  }
  const dtype = isSigned ? "int64" : "uint64";
  return { kind: "number", dtype, name: "", length: raw.rows, values, valid: raw.valid };
}

function wide(raw: RawVector, view: DataView, isSigned: boolean): BigIntColumn {
  const values = isSigned ? new BigInt64Array(raw.rows) : new BigUint64Array(raw.rows);
  for (let row = 0; row < raw.rows; row += 1) {
    if (raw.valid?.[row] === 0) continue;
    values[row] = isSigned ? view.getBigInt64(row * 8, true) : view.getBigUint64(row * 8, true);
  }
  return {
    kind: "bigint",
    dtype: isSigned ? "int64" : "uint64",
    name: "",
    length: raw.rows,
    values,
    valid: raw.valid,
  };
}

/** 128-bit integers (sums of whole numbers are): int64 when all fit, else exact integers as object. */
export function readHugeInts(raw: RawVector): Column {
  const isSigned = raw.type.typeId === raw.duckdb.api.DuckDBTypeId.HUGEINT;
  const view = raw.bytes(16);
  const cells = Array.from({ length: raw.rows }, (_, row): bigint | null => {
    if (raw.valid?.[row] === 0) return null;
    const high = isSigned ? view.getBigInt64(row * 16 + 8, true) : view.getBigUint64(row * 16 + 8, true);
    return (high << 64n) | view.getBigUint64(row * 16, true);
  });
  const column = { name: "", length: raw.rows } as const;
  if (!cells.every((cell) => cell === null || BigInt.asIntN(64, cell) === cell)) {
    return { ...column, kind: "mixed", dtype: "object", values: cells };
  }
  if (cells.every((cell) => cell === null || Number.isSafeInteger(Number(cell)))) {
    return {
      ...column,
      kind: "number",
      dtype: "int64",
      values: Float64Array.from(cells, Number),
      valid: raw.valid,
    };
  }
  const values = BigInt64Array.from(cells, (cell) => cell ?? 0n);
  return { ...column, kind: "bigint", dtype: "int64", values, valid: raw.valid };
}

/** True for integers that came as exact objects because they pass 64 bits. */
export function isBigHuge(column: Column): column is MixedColumn & { readonly values: readonly Cell[] } {
  return column.kind === "mixed" && column.values.some((cell) => typeof cell === "bigint");
}

/** DOUBLE, FLOAT and DECIMAL as floats; a decimal is rounded once, to the nearest. */
export function readDecimals(raw: RawVector): Column {
  const { DuckDBTypeId: id } = raw.duckdb.api;
  if (raw.type.typeId === id.DOUBLE)
    return numbers(raw, 8, (view, at) => view.getFloat64(at, true), "float64");
  if (raw.type.typeId === id.FLOAT)
    return numbers(raw, 4, (view, at) => view.getFloat32(at, true), "float64");
  const { width, scale } = raw.type as DuckDBDecimalType;
  if (width <= 4) return numbers(raw, 2, (view, at) => view.getInt16(at, true) / 10 ** scale, "float64");
  if (width <= 9) return numbers(raw, 4, (view, at) => view.getInt32(at, true) / 10 ** scale, "float64");
  if (width <= 18)
    return numbers(raw, 8, (view, at) => decimal(view.getBigInt64(at, true), scale), "float64");
  const wideAt: ReadAt = (view, at) =>
    decimal((view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true), scale);
  return numbers(raw, 16, wideAt, "float64");
}

function decimal(value: bigint, scale: number): number {
  const number = Number(value);
  // Both exact: one rounding. Else the digits are read as a text, which rounds once too.
  if (Number.isSafeInteger(number) && scale <= 22) return number / 10 ** scale;
  return Number(`${value}e-${scale}`);
}
