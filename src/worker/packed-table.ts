import type { Cell, Column, Table } from "../data/table.ts";
import { packCell, unpackCell } from "./packed-cell.ts";

/** A table as plain JSON that says what lies in raw parts. */
export interface PackedTable {
  readonly rows: number;
  readonly columns: readonly PackedColumn[];
}

interface PackedColumn {
  readonly kind: Column["kind"];
  readonly dtype: string;
  readonly name: string | number;
  /** How many parts are this column's: its values, for texts their offsets, and who is missing. */
  readonly parts: number;
  /** Of 64-bit integers without sign. */
  readonly isUnsigned?: boolean;
}

/** Takes a table apart. The parts share its memory where they can. */
export function packTable(table: Table): { layout: PackedTable; parts: Uint8Array[] } {
  const parts: Uint8Array[] = [];
  const columns = table.columns.map((column) => {
    const own = partsOf(column);
    parts.push(...own);
    return layoutOf(column, own.length);
  });
  return { layout: { rows: table.rows, columns }, parts };
}

function layoutOf(column: Column, parts: number): PackedColumn {
  const { kind, dtype, name } = column;
  if (column.kind !== "bigint") return { kind, dtype, name, parts };
  return { kind, dtype, name, parts, isUnsigned: column.values instanceof BigUint64Array };
}

function partsOf(column: Column): Uint8Array[] {
  if (column.kind === "mixed") return [packCell(column.values as readonly Cell[])];
  const valid = column.valid === undefined ? [] : [column.valid];
  if (column.kind !== "text") return [bytesOf(column.values), ...valid];
  const { bytes, offsets } = column;
  const start = offsets[0] as number;
  const fromStart = start === 0 ? offsets : offsets.map((offset) => offset - start);
  return [bytes.subarray(start, offsets[column.length]), bytesOf(fromStart), ...valid];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Puts a table together again, over the very memory of the parts. */
export function unpackTable({ rows, columns }: PackedTable, parts: readonly Uint8Array[]): Table {
  let at = 0;
  return {
    rows,
    columns: columns.map((layout) => {
      const own = parts.slice(at, at + layout.parts);
      at += layout.parts;
      return unpackColumn(layout, rows, own);
    }),
  };
}

function unpackColumn(layout: PackedColumn, length: number, parts: readonly Uint8Array[]): Column {
  const { kind, dtype, name } = layout;
  const [first, second, third] = parts as [Uint8Array, Uint8Array?, Uint8Array?];
  const base = { kind, dtype, name, length };
  // What the kinds of columns demand of each other's fields was true of the column that was packed.
  if (kind === "mixed") return { ...base, values: unpackCell(first) } as Column;
  if (kind === "text") {
    const offsets = new Uint32Array((second as Uint8Array).buffer, second?.byteOffset, length + 1);
    return { ...base, bytes: first, offsets, valid: third } as Column;
  }
  return { ...base, values: valuesOf(layout, first, length), valid: second } as Column;
}

function valuesOf({ kind, isUnsigned }: PackedColumn, { buffer, byteOffset }: Uint8Array, length: number) {
  if (kind === "bool") return new Uint8Array(buffer, byteOffset, length);
  if (kind === "number") return new Float64Array(buffer, byteOffset, length);
  return isUnsigned === true
    ? new BigUint64Array(buffer, byteOffset, length)
    : new BigInt64Array(buffer, byteOffset, length);
}
