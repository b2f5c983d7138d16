import type { DataType, Vector } from "apache-arrow";
import { isoDay, isoMoment } from "../../engine/datetime.ts";
import { HearthError } from "../../errors.ts";
import type { Cell, Column, DType } from "../table.ts";
import { TextColumnBuilder } from "../text-column.ts";

/** Numbers of Arrow's type ids (its `Type` enumeration), so that reading a schema needs no import of the library. */
const TYPE = {
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  dictionary: -1,
} as const;

/** Units of a second by Arrow's `TimeUnit`: seconds, milliseconds, microseconds, nanoseconds. */
const PER_SECOND = [1, 1e3, 1e6, 1e9] as const;

/**
 * The dtype of an Arrow column, as pandas reads it where the wire has that name; integers with gaps are nullable, days
 * are ISO texts. Throws `data-invalid` for types that have no place in a table.
 */
export function dtypeOfArrow(type: DataType, name: string, hasGaps: boolean): DType {
  switch (Number(type.typeId)) {
    case TYPE.int:
      if (isUnsigned64(type) && !hasGaps) return "uint64";
      return hasGaps ? "Int64" : "int64";
    case TYPE.float:
    case TYPE.decimal:
      return "float64";
    case TYPE.bool:
      return hasGaps ? "boolean" : "bool";
    case TYPE.timestamp:
      return "datetime64[ns]";
    case TYPE.dictionary:
      return dtypeOfArrow((type as unknown as { dictionary: DataType }).dictionary, name, hasGaps);
    case TYPE.utf8:
    case TYPE.largeUtf8:
    case TYPE.date:
    case TYPE.binary:
    case TYPE.largeBinary:
    case TYPE.list:
    case TYPE.fixedList:
    case TYPE.struct:
    case TYPE.map:
      return "object";
    default:
      throw new HearthError(
        "data-invalid",
        `Column "${name}" has Arrow's type ${type}, which can't be read`,
        {
          hint: "Cast it to a number, text, boolean or timestamp first.",
        },
      );
  }
}

/** One batch's column, of the dtype that the whole stream has. */
export function columnOfVector(name: string, dtype: DType, vector: Vector): Column {
  const { length } = vector;
  if (dtype === "float64")
    return { kind: "number", name, dtype, length, values: floats(vector), valid: undefined };
  if (dtype === "int64" || dtype === "Int64" || dtype === "uint64") return integers(name, dtype, vector);
  if (dtype === "bool" || dtype === "boolean") {
    const values = Uint8Array.from({ length }, (_, row) => (vector.get(row) === true ? 1 : 0));
    return { kind: "bool", name, dtype, length, values, valid: validOf(vector) };
  }
  const read = cellReader(vector);
  if (isTextual(vector.type)) return texts(name, dtype, length, read as (row: number) => string | null);
  return { kind: "mixed", name, dtype, length, values: Array.from({ length }, (_, row) => read(row)) };
}

function isUnsigned64(type: DataType): boolean {
  const { bitWidth, isSigned } = type as unknown as { bitWidth: number; isSigned: boolean };
  return bitWidth === 64 && !isSigned;
}

function floats(vector: Vector): Float64Array {
  const toNumber = numberReader(vector.type);
  return Float64Array.from({ length: vector.length }, (_, row) => {
    const value: unknown = vector.get(row);
    return value === null ? Number.NaN : toNumber(value);
  });
}

function numberReader(type: DataType): (value: unknown) => number {
  if (Number(type.typeId) !== TYPE.decimal) return Number;
  const { scale } = type as unknown as { scale: number };
  // The library gives the unscaled digits; put together as text, the nearest double comes out.
  return (value) => Number(`${String(value)}e${-scale}`);
}

function integers(name: string, dtype: "int64" | "Int64" | "uint64", vector: Vector): Column {
  const { length } = vector;
  const valid = validOf(vector);
  const whole = Array.from({ length }, (_, row) => (vector.get(row) ?? 0) as number | bigint);
  if (whole.every((value) => Number.isSafeInteger(Number(value)))) {
    return { kind: "number", name, dtype, length, values: Float64Array.from(whole, Number), valid };
  }
  const values = dtype === "uint64" ? new BigUint64Array(length) : new BigInt64Array(length);
  for (let row = 0; row < length; row += 1) {
    const value = BigInt(whole[row] as number | bigint);
    if (dtype !== "uint64" && value !== BigInt.asIntN(64, value)) {
      throw new HearthError(
        "data-invalid",
        `Column "${name}" holds ${value}, which does not fit beside missing values`,
      );
    }
    values[row] = value;
  }
  return { kind: "bigint", name, dtype, length, values, valid };
}

function validOf(vector: Vector): Uint8Array | undefined {
  if (vector.nullCount === 0) return undefined;
  return Uint8Array.from({ length: vector.length }, (_, row) => (vector.isValid(row) ? 1 : 0));
}

function isTextual(type: DataType): boolean {
  const id = Number(type.typeId);
  if (id === TYPE.dictionary) return isTextual((type as unknown as { dictionary: DataType }).dictionary);
  return [TYPE.utf8, TYPE.largeUtf8, TYPE.date, TYPE.timestamp, TYPE.binary, TYPE.largeBinary].includes(
    id as never,
  );
}

function texts(name: string, dtype: DType, rows: number, read: (row: number) => string | null): Column {
  const builder = new TextColumnBuilder(rows);
  for (let row = 0; row < rows; row += 1) builder.add(read(row));
  return { ...builder.build(name), dtype: dtype as "object" | "datetime64[ns]" };
}

function cellReader(vector: Vector): (row: number) => Cell {
  const id = Number(vector.type.typeId);
  if (id === TYPE.timestamp) return (row) => (vector.isValid(row) ? moment(vector, row) : null);
  if (id === TYPE.date)
    return (row) => (vector.isValid(row) ? isoDay(Math.floor(Number(vector.get(row)) / 86_400_000)) : null);
  return (row) => cellOf(vector.get(row));
}

/** The count itself: the library's own value is cut to milliseconds. */
function moment(vector: Vector, row: number): string {
  const { unit } = vector.type as unknown as { unit: number };
  const chunk = vector.data.length === 1 ? vector.data[0] : undefined;
  const count: unknown = chunk?.values[row];
  if (typeof count === "bigint") return isoMoment(count, PER_SECOND[unit] ?? 1e3);
  return isoMoment(BigInt(Math.trunc(Number(vector.get(row)))), 1000);
}

/** Nested values as plain ones; bytes as base64, like the engine's. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof Date) return value.toISOString().slice(0, -1);
  if (typeof value !== "object") return value as Cell;
  if (Symbol.iterator in value && !("toJSON" in value && !("length" in value))) {
    return Array.from(value as Iterable<unknown>, cellOf);
  }
  const plain = "toJSON" in value ? (value as { toJSON(): object }).toJSON() : value;
  return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, cellOf(inner)]));
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
