import { bufferInput, type ByteInput } from "../../src/data/bytes.ts";
import { parseCsvOptions } from "../../src/data/csv/options.ts";
import { scanCsv } from "../../src/data/csv/scan-csv.ts";
import type { Cell, Column, ColumnSchema, Table } from "../../src/data/table.ts";
import { HearthError } from "../../src/errors.ts";

const decoder = new TextDecoder();

/** A column as tests compare it: integers beyond 53 bits as texts, `inf` as a text, missing null. */
export type PlainColumn = readonly [name: string | number, dtype: string, cells: readonly Cell[]];

export interface ReadOptions {
  readonly memoryLimit?: number;
  readonly signal?: AbortSignal;
  readonly [parameter: string]: unknown;
}

/** Reads a text, or an input, as CSV. */
export async function read(
  input: string | ByteInput,
  options: ReadOptions = {},
): Promise<readonly PlainColumn[]> {
  const { schema, tables } = await readTables(input, options);
  return schema.map(({ name, dtype }, at) => {
    const cells = tables.flatMap((table) => cellsOf(table.columns[at] as Column));
    return [name, dtype, cells] as const;
  });
}

/** Reads without putting the batches together. */
export async function readTables(
  input: string | ByteInput,
  { memoryLimit = 1e9, signal = new AbortController().signal, ...parameters }: ReadOptions = {},
): Promise<{ readonly schema: readonly ColumnSchema[]; readonly tables: readonly Table[] }> {
  const bytes = typeof input === "string" ? textInput(input) : input;
  const options = parseCsvOptions({ type: "csv", ...parameters }, ",");
  const { schema, batches } = await scanCsv(bytes, options, { signal, memoryLimit, maxCells: 20_000_000 });
  const tables: Table[] = [];
  for await (const table of batches) tables.push(table);
  return { schema, tables };
}

export function textInput(text: string, name = "t.csv"): ByteInput {
  return bufferInput(new TextEncoder().encode(text), name);
}

/** The same text in chunks of so many bytes. */
export function choppedInput(text: string, chunkBytes: number): ByteInput {
  const bytes = new TextEncoder().encode(text);
  return {
    shownName: "t.csv",
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** The error that reading throws. */
export async function readError(input: string | ByteInput, options: ReadOptions = {}): Promise<HearthError> {
  try {
    await read(input, options);
  } catch (error) {
    if (error instanceof HearthError) return error;
    throw error;
  }
  throw new Error("it was read without an error");
}

export function cellsOf(column: Column): Cell[] {
  return Array.from({ length: column.length }, (_, row) => cellAt(column, row));
}

function cellAt(column: Column, row: number): Cell {
  if (column.kind === "mixed") return column.values[row] as Cell;
  if (column.valid?.[row] === 0) return null;
  if (column.kind === "text") {
    return decoder.decode(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]));
  }
  if (column.kind === "bool") return column.values[row] === 1;
  if (column.kind === "bigint") return plainInteger(column.values[row] as bigint);
  const value = column.values[row] as number;
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : value > 0 ? "inf" : "-inf";
}

function plainInteger(value: bigint): Cell {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
