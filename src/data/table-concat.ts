import { HearthError } from "../errors.ts";
import { atOnce, type Steps } from "../turns.ts";
import { cellOf } from "./table-rows.ts";
import type {
  BigIntColumn,
  BoolColumn,
  Cell,
  Column,
  ColumnSchema,
  NumberColumn,
  Table,
  TextColumn,
} from "./table.ts";
import { missingColumn } from "./text-column.ts";

/**
 * One table of batches that have the same columns, rows one below the other. Of a column that is stored differently
 * from batch to batch (numbers and 64-bit integers, texts and mixed values) the wider kind is made. Throws
 * `data-too-large` when the texts of a column pass 4 GiB.
 */
export function concatTables(schema: readonly ColumnSchema[], batches: readonly Table[]): Table {
  return atOnce(concatTableSteps(schema, batches));
}

/** As `concatTables`, in steps. */
export function* concatTableSteps(schema: readonly ColumnSchema[], batches: readonly Table[]): Steps<Table> {
  const [first] = batches;
  if (batches.length === 1 && first !== undefined) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns: Column[] = [];
  for (const [at, head] of schema.entries()) {
    const parts = batches.map((batch) => batch.columns[at] as Column);
    columns.push(yield* concatSteps(head, parts, rows));
    if (at % COLUMNS_PER_STEP === COLUMNS_PER_STEP - 1) yield;
  }
  return { rows, columns };
}

/** Columns joined in one step, when they are short. */
const COLUMNS_PER_STEP = 64;

/** Cells copied in one step. */
const CELLS_PER_STEP = 16_384;

/** One column of parts, `length` cells in all, in steps. */
export function* concatSteps(head: ColumnSchema, parts: readonly Column[], length: number): Steps<Column> {
  const kinds = new Set(parts.map((part) => part.kind));
  if (kinds.size === 0) return emptyColumn(head);
  if (kinds.has("mixed") || (kinds.size > 1 && !isOnly(kinds, "number", "bigint")))
    return yield* concatMixed(head, parts, length);
  if (kinds.has("bigint"))
    return yield* concatBigInts(head, parts as (NumberColumn | BigIntColumn)[], length);
  if (kinds.has("text")) return yield* concatTexts(head, parts as TextColumn[], length);
  const valid = concatValid(parts as (NumberColumn | BoolColumn)[], length);
  yield* pauseFor(length);
  if (kinds.has("bool")) {
    const values = concatBytes(parts as BoolColumn[], length);
    return { kind: "bool", dtype: head.dtype as BoolColumn["dtype"], name: head.name, length, values, valid };
  }
  const values = new Float64Array(length);
  let at = 0;
  for (const part of parts as NumberColumn[]) {
    values.set(part.values, at);
    at += part.length;
    if (part.length >= CELLS_PER_STEP >> 1) yield;
  }
  return {
    kind: "number",
    dtype: head.dtype as NumberColumn["dtype"],
    name: head.name,
    length,
    values,
    valid,
  };
}

function* pauseFor(cells: number): Steps<void> {
  if (cells >= CELLS_PER_STEP) yield;
}

function isOnly(kinds: ReadonlySet<string>, ...allowed: string[]): boolean {
  return [...kinds].every((kind) => allowed.includes(kind));
}

/** A column without rows. */
export function emptyColumn({ name, dtype }: ColumnSchema): Column {
  if (dtype === "object" || dtype === "datetime64[ns]")
    return { ...missingColumn(name, 0), dtype, valid: undefined };
  if (dtype === "bool" || dtype === "boolean") {
    return { kind: "bool", dtype, name, length: 0, values: new Uint8Array(0), valid: undefined };
  }
  return { kind: "number", dtype, name, length: 0, values: new Float64Array(0), valid: undefined };
}

function* concatMixed(
  { name, dtype }: ColumnSchema,
  parts: readonly Column[],
  length: number,
): Steps<Column> {
  const values: Cell[] = [];
  for (const part of parts) {
    for (let row = 0; row < part.length; row += 1) {
      values.push(cellOf(part, row));
      if (values.length % CELLS_PER_STEP === 0) yield;
    }
  }
  return { kind: "mixed", dtype, name, length, values };
}

function* concatBigInts(
  { name, dtype }: ColumnSchema,
  parts: readonly (NumberColumn | BigIntColumn)[],
  length: number,
): Steps<Column> {
  const values = dtype === "uint64" ? new BigUint64Array(length) : new BigInt64Array(length);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.length; row += 1) {
      values[at++] = BigInt(part.values[row] as number | bigint);
      if (at % CELLS_PER_STEP === 0) yield;
    }
  }
  const valid = concatValid(parts, length);
  return { kind: "bigint", dtype: dtype as BigIntColumn["dtype"], name, length, values, valid };
}

function* concatTexts(
  { name, dtype }: ColumnSchema,
  parts: readonly TextColumn[],
  length: number,
): Steps<Column> {
  const size = parts.reduce((sum, part) => sum + textBytes(part), 0);
  if (size > 0xffff_ffff) throw new HearthError("data-too-large", `The texts of column "${name}" pass 4 GiB`);
  const bytes = new Uint8Array(size);
  const offsets = new Uint32Array(length + 1);
  let row = 0;
  let at = 0;
  for (const part of parts) {
    const start = part.offsets[0] as number;
    bytes.set(part.bytes.subarray(start, part.offsets[part.length]), at);
    for (let i = 1; i <= part.length; i += 1) {
      offsets[row + i] = (part.offsets[i] as number) - start + at;
      if (i % CELLS_PER_STEP === 0) yield;
    }
    row += part.length;
    at += textBytes(part);
    if (part.length >= CELLS_PER_STEP >> 1) yield;
  }
  const valid = concatValid(parts, length);
  return { kind: "text", dtype: dtype as TextColumn["dtype"], name, length, bytes, offsets, valid };
}

function textBytes(part: TextColumn): number {
  return (part.offsets[part.length] as number) - (part.offsets[0] as number);
}

function concatBytes(parts: readonly BoolColumn[], length: number): Uint8Array {
  const values = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.length;
  }
  return values;
}

function concatValid(
  parts: readonly Exclude<Column, { kind: "mixed" }>[],
  length: number,
): Uint8Array | undefined {
  if (parts.every((part) => part.valid === undefined)) return undefined;
  const valid = new Uint8Array(length).fill(1);
  let at = 0;
  for (const part of parts) {
    if (part.valid !== undefined) valid.set(part.valid, at);
    at += part.length;
  }
  return valid;
}
