import { cellOf } from "../data/columns.ts";
import type { Column, ColumnSchema, DType, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";

/** Name and dtype that a result's column should have; without dtype its natural one. */
export interface Wanted {
  readonly name: string | number;
  readonly dtype?: DType | undefined;
}

/**
 * The dtypes of a whole result, known to its end: as wanted where the values allow it, else the natural one, which for
 * integers and booleans depends on whether values are missing.
 */
export function exactSchema(table: Table, wanted: readonly Wanted[]): ColumnSchema[] {
  return table.columns.map((column, i) => {
    const { name, dtype } = wanted[i] as Wanted;
    return { name, dtype: dtype !== undefined && fits(column, dtype) ? dtype : naturalType(column) };
  });
}

function naturalType(column: Column): DType {
  if (column.kind === "mixed" || column.valid === undefined) return column.dtype;
  if (column.dtype === "int64") return "Int64";
  return column.dtype === "bool" ? "boolean" : column.dtype;
}

function fits(column: Column, dtype: DType): boolean {
  if (dtype === "object")
    return column.dtype === "object" || column.kind === "number" || column.kind === "bool";
  if (column.kind === "text") return column.dtype === dtype;
  const hasGaps = column.kind !== "mixed" && column.valid !== undefined;
  if (column.kind === "bool") return dtype === "boolean" || (dtype === "bool" && !hasGaps);
  if (column.kind === "mixed") return false;
  if (column.dtype === "float64") return dtype === "float64" || dtype === "Float64";
  if (dtype === "int64") return column.dtype === "int64" && !hasGaps;
  return (
    dtype === "Int64" ||
    (dtype === "Int32" && column.kind === "number") ||
    (dtype === "uint64" && column.dtype === dtype)
  );
}

/** A batch with the names and dtypes of `schema`. Throws `query-failed` for an integer that its dtype cannot hold. */
export function retype(table: Table, schema: readonly ColumnSchema[]): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column, i) => retypeColumn(column, schema[i] as ColumnSchema)),
  };
}

function retypeColumn(column: Column, { name, dtype }: ColumnSchema): Column {
  if (dtype === "object") return column.kind === "text" ? { ...column, name, dtype } : asMixed(column, name);
  if (column.kind === "mixed") {
    throw new HearthError("query-failed", `A number in column "${name}" is beyond 64 bits`, {
      hint: "Convert it, for example with CAST(x AS DOUBLE).",
    });
  }
  if (dtype === "Float64" && column.kind === "number" && column.valid === undefined) {
    const valid = Uint8Array.from(column.values, (value) => (Number.isNaN(value) ? 0 : 1));
    return { ...column, name, dtype, valid: valid.includes(0) ? valid : undefined };
  }
  return { ...column, name, dtype } as Column;
}

function asMixed(column: Column, name: string | number): Column {
  if (column.kind === "mixed") return { ...column, name, dtype: "object" };
  const values = Array.from({ length: column.length }, (_, row) => cellOf(column, row));
  return { kind: "mixed", dtype: "object", name, length: column.length, values };
}
