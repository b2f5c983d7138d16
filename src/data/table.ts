import type { Moment } from "./moment.ts";

/**
 * hearth's table: columns in memory, each with the pandas dtype that lynguine's wire names. Readers make it, writers and
 * compute functions take it; DuckDB is one engine over it. A table is never changed once made, so requests share it.
 */

/** The dtypes that the wire can name (`../docs/formats.md` says which source gives which). */
export type DType =
  | "int64"
  | "uint64"
  | "float64"
  | "bool"
  | "object"
  | "datetime64[ns]"
  | "Int64"
  | "Int32"
  | "Float64"
  | "boolean";

/** A number written with a decimal point or exponent whose value is whole (`2.0`): Python's float, not its int. */
export class WholeFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
  toJSON(): number {
    return this.value;
  }
}

/**
 * One value. A whole number is a safe-integer `number` or a `bigint`; a float is a non-integer `number` or a `WholeFloat`.
 * Objects keep their key order by `KEY_ORDER` (src/data/json-parse.ts) where JavaScript would lose it. Missing is null.
 */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | WholeFloat
  | Moment
  | readonly Cell[]
  | { readonly [key: string]: Cell };

interface ColumnBase {
  /** A number where the source has no header, or where the header of a JSON array is its position. */
  readonly name: string | number;
  readonly length: number;
}

/** int64, uint64, Int64 and Int32 when all values are safe integers; float64 and Float64. NaN is missing in float64. */
export interface NumberColumn extends ColumnBase {
  readonly kind: "number";
  readonly dtype: "int64" | "uint64" | "float64" | "Int64" | "Int32" | "Float64";
  readonly values: Float64Array;
  /** One byte a row, 0 where the value is missing; undefined when none is (float64 uses NaN instead). */
  readonly valid: Uint8Array | undefined;
}

/** Integers of which at least one needs more than 53 bits. */
export interface BigIntColumn extends ColumnBase {
  readonly kind: "bigint";
  readonly dtype: "int64" | "uint64" | "Int64";
  readonly values: BigInt64Array | BigUint64Array;
  readonly valid: Uint8Array | undefined;
}

export interface BoolColumn extends ColumnBase {
  readonly kind: "bool";
  readonly dtype: "bool" | "boolean";
  /** 0 or 1. */
  readonly values: Uint8Array;
  readonly valid: Uint8Array | undefined;
}

/** Texts as one run of UTF-8 bytes; text `i` is `bytes[offsets[i] .. offsets[i + 1])`. Datetimes are ISO texts. */
export interface TextColumn extends ColumnBase {
  readonly kind: "text";
  readonly dtype: "object" | "datetime64[ns]";
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly valid: Uint8Array | undefined;
}

/** Anything else: mixed values, lists, mappings. */
export interface MixedColumn extends ColumnBase {
  readonly kind: "mixed";
  readonly dtype: DType;
  readonly values: readonly Cell[];
}

export type Column = NumberColumn | BigIntColumn | BoolColumn | TextColumn | MixedColumn;

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Row labels, where the source gives others than 0 to rows - 1. Stacks join by them; they are never sent. */
  readonly labels?: Column | undefined;
}

/** Name and dtype of a column, known before its rows. */
export interface ColumnSchema {
  readonly name: string | number;
  readonly dtype: DType;
}

/**
 * A table that arrives in pieces, for data larger than memory should hold. The batches have the schema's columns, in its
 * order and with its dtypes. Breaking off the iteration (`return()`) frees whatever is behind it.
 */
export interface TableStream {
  readonly schema: readonly ColumnSchema[];
  readonly batches: AsyncIterable<Table>;
}
