import { atOnce, type Steps } from "../turns.ts";
import { isCellObject, keysOf } from "./json-keys.ts";
import type { Cell, Column, MixedColumn, Table } from "./table.ts";

/** Bytes of memory that a table takes: exact for typed columns, estimated for mixed ones. */
export function sizeOf(table: Table): number {
  return atOnce(sizeSteps(table));
}

/** As `sizeOf`, in steps. */
export function* sizeSteps(table: Table): Steps<number> {
  let size = TABLE_BYTES;
  let looked = 0;
  for (const column of table.columns) {
    size += column.kind === "mixed" ? yield* mixedSize(column) : typedSize(column);
    looked += 1;
    if (looked % 4096 === 0) yield;
  }
  return table.labels === undefined ? size : size + (yield* sizeSteps({ rows: 0, columns: [table.labels] }));
}

/** What an engine needs for a table, for a column as an object, and for each buffer of it beside the bytes. */
const TABLE_BYTES = 256;
const COLUMN_BYTES = 240;
const BUFFER_BYTES = 240;

/** Mixed columns never change, and are asked for more than once. */
const mixedSizes = new WeakMap<MixedColumn, number>();

function overheadOf(column: Column): number {
  return COLUMN_BYTES + 2 * String(column.name).length;
}

function typedSize(column: Exclude<Column, MixedColumn>): number {
  const { valid } = column;
  const buffers = column.kind === "text" ? [column.bytes, column.offsets, valid] : [column.values, valid];
  // A view keeps its whole buffer in memory; what several columns share is counted for each.
  return buffers.reduce(
    (sum, view) => sum + (view === undefined ? 0 : BUFFER_BYTES + view.byteLength),
    overheadOf(column),
  );
}

/** Values looked at in one step. */
const VALUES_PER_STEP = 16_384;

function* mixedSize(column: MixedColumn): Steps<number> {
  const known = mixedSizes.get(column);
  if (known !== undefined) return known;
  let size = overheadOf(column) + BUFFER_BYTES;
  let looked = 0;
  // A stack of its own: values may be nested deep and wide.
  const open: Cell[] = [];
  for (const cell of column.values) {
    open.push(cell);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      size += ownSize(next);
      if (typeof next === "object" && next !== null) pushItems(open, next);
      looked += 1;
      if (looked % VALUES_PER_STEP === 0) yield;
    }
  }
  mixedSizes.set(column, size);
  return size;
}

function pushItems(open: Cell[], cell: Cell): void {
  if (Array.isArray(cell)) for (const item of cell as readonly Cell[]) open.push(item);
  else if (isCellObject(cell)) for (const key of keysOf(cell)) open.push(cell[key] as Cell);
}

/** What an engine needs for a value, roughly: 8 bytes for its place, more for what lies outside. */
function ownSize(cell: Cell): number {
  if (typeof cell === "string") return 40 + 2 * cell.length;
  if (typeof cell === "bigint") return 48;
  if (typeof cell !== "object" || cell === null) return 16;
  if (Array.isArray(cell)) return 56;
  return isCellObject(cell) ? 72 + 24 * keysOf(cell).length : 64;
}
