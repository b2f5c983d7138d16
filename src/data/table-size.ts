import { isCellObject, keysOf } from "./json-keys.ts";
import type { Cell, Column, Table } from "./table.ts";

/** Bytes of memory that a table takes: exact for typed columns, estimated for mixed ones. */
export function sizeOf(table: Table): number {
  return table.columns.reduce((sum, column) => sum + columnSize(column), 256);
}

function columnSize(column: Column): number {
  const overhead = 200 + 2 * String(column.name).length;
  if (column.kind === "mixed")
    return column.values.reduce((sum: number, cell) => sum + cellSize(cell), overhead);
  const values =
    column.kind === "text" ? column.bytes.byteLength + column.offsets.byteLength : column.values.byteLength;
  return overhead + values + (column.valid?.byteLength ?? 0);
}

/** What an engine needs for a value, roughly: 8 bytes for its place, more for what lies outside. */
function cellSize(cell: Cell): number {
  if (typeof cell === "string") return 24 + 2 * cell.length;
  if (typeof cell !== "object" || cell === null) return 16;
  if (Array.isArray(cell))
    return (cell as readonly Cell[]).reduce((sum: number, item) => sum + cellSize(item), 48);
  if (!isCellObject(cell)) return 32;
  return keysOf(cell).reduce((sum, key) => sum + 24 + cellSize(cell[key] as Cell), 64);
}
