import { turn } from "../turns.ts";
import { ByteWriter } from "./byte-writer.ts";
import { appendFloat, appendJson, appendJsonBytes, type NonFinite } from "./json-cell.ts";
import type { Column, Table } from "./table.ts";

export { appendJson } from "./json-cell.ts";

/** How rows are put together: one array, or a record a line. */
export type JsonFraming = "array" | "lines";

/** Chunks of a streamed encoding have about this many bytes. */
const CHUNK_BYTES = 128 * 1024;

/** Rows encoded between two looks at the size of a chunk. */
const ROWS_AT_ONCE = 256;
const CELLS_AT_ONCE = 8192;

/** Milliseconds of encoding between two turns of the event loop. */
const SLICE_MS = 5;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Any value as JSON text in one line: whole numbers exact, floats with their point, keys in the order they were
 * written; NaN and the infinities are null.
 *
 * @example writeJson({ x: new WholeFloat(2) }) // {"x":2.0}
 */
export function writeJson(value: unknown): string {
  return decoder.decode(writeJsonBytes(value));
}

/** As `writeJson`, as UTF-8 bytes; with `nonFinite: "word"` NaN and the infinities are what `parseJson` reads as such. */
export function writeJsonBytes(value: unknown, nonFinite: NonFinite = "null"): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(256);
  appendJson(out, value, nonFinite);
  return out.take();
}

/**
 * A table as a JSON array of records, keys in column order (section 4 of the wire contract): float64 always with point
 * or exponent, 64-bit integers exact, missing values null, names that are numbers as text.
 */
export function encodeRecords(table: Table): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(estimatedBytes(table) + 2);
  out.byte(0x5b);
  appendRows(out, cellWriters(table), 0, table.rows, 0x2c);
  out.byte(0x5d);
  return out.take();
}

/** A table as one JSON record a line, each line ended by LF. */
export function encodeNdjson(table: Table): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(estimatedBytes(table) + 1);
  appendRows(out, cellWriters(table), 0, table.rows, 0x0a);
  if (table.rows > 0) out.byte(0x0a);
  return out.take();
}

/**
 * Encodes batch after batch in chunks of some 128 KiB, with a turn for everybody else in between; holds one batch and one
 * chunk in memory. Throws as `turn` once the signal is aborted.
 */
export async function* encodeBatches(
  batches: AsyncIterable<Table>,
  framing: JsonFraming,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const out = new ByteWriter(CHUNK_BYTES * 2);
  const separator = framing === "array" ? 0x2c : 0x0a;
  let isFirst = true;
  let end = performance.now() + SLICE_MS;
  if (framing === "array") out.byte(0x5b);
  for await (const batch of batches) {
    const writers = cellWriters(batch);
    const rowsAtOnce = Math.max(1, Math.min(ROWS_AT_ONCE, Math.floor(CELLS_AT_ONCE / writers.length)));
    for (let row = 0; row < batch.rows; row += rowsAtOnce) {
      if (!isFirst) out.byte(separator);
      isFirst = false;
      appendRows(out, writers, row, Math.min(batch.rows, row + rowsAtOnce), separator);
      if (out.length >= CHUNK_BYTES) yield copyOut(out);
      if (performance.now() < end) continue;
      await turn(signal);
      end = performance.now() + SLICE_MS;
    }
  }
  if (framing === "array") out.byte(0x5d);
  else if (!isFirst) out.byte(0x0a);
  if (out.length > 0) yield copyOut(out);
}

/** The buffer itself is filled again while the chunk may still be waiting in a socket. */
function copyOut(out: ByteWriter): Uint8Array<ArrayBuffer> {
  const chunk = out.bytes.slice(0, out.length);
  out.length = 0;
  return chunk;
}

/** Writes one cell of one column. */
type CellWriter = (out: ByteWriter, row: number) => void;

interface ColumnWriter {
  /** What stands before the cell: `{"name":` or `,"name":`. */
  readonly lead: Uint8Array;
  readonly write: CellWriter;
}

function appendRows(
  out: ByteWriter,
  writers: readonly ColumnWriter[],
  from: number,
  to: number,
  separator: number,
): void {
  for (let row = from; row < to; row += 1) {
    if (row > from) out.byte(separator);
    if (writers.length === 0) out.byte(0x7b);
    for (const { lead, write } of writers) {
      out.append(lead);
      write(out, row);
    }
    out.byte(0x7d);
  }
}

/** A record has each key once: of columns with the same name the last one counts, at the place of the first. */
function cellWriters(table: Table): ColumnWriter[] {
  const byName = new Map<string, Column>();
  for (const column of table.columns) byName.set(String(column.name), column);
  return [...byName].map(([name, column], position) => ({
    lead: encoder.encode(`${position === 0 ? "{" : ","}${JSON.stringify(name)}:`),
    write: cellWriter(column),
  }));
}

const NULL = new TextEncoder().encode("null");
const TRUE = new TextEncoder().encode("true");
const FALSE = new TextEncoder().encode("false");

function cellWriter(column: Column): CellWriter {
  const write = presentWriter(column);
  if (column.kind === "mixed" || column.valid === undefined) return write;
  const { valid } = column;
  return (out, row) => (valid[row] === 0 ? out.append(NULL) : write(out, row));
}

function presentWriter(column: Column): CellWriter {
  if (column.kind === "text") {
    const { bytes, offsets } = column;
    return (out, row) => appendJsonBytes(out, bytes, offsets[row] as number, offsets[row + 1] as number);
  }
  if (column.kind === "number") {
    const { values, dtype } = column;
    if (dtype === "float64" || dtype === "Float64")
      return (out, row) => appendFloat(out, values[row] as number);
    return (out, row) => out.integer(values[row] as number);
  }
  if (column.kind === "bool") {
    const { values } = column;
    return (out, row) => out.append(values[row] === 0 ? FALSE : TRUE);
  }
  const { values } = column;
  return (out, row) => appendJson(out, values[row]);
}

/** About how many bytes the records take: too much costs memory for a moment, too little a copy. */
export function estimatedBytes(table: Table): number {
  let size = table.rows * 3;
  for (const column of table.columns) {
    const cell = column.kind === "text" ? 2 : column.kind === "mixed" ? 16 : 9;
    size += table.rows * (String(column.name).length + 4 + cell);
    if (column.kind === "text") size += column.bytes.length;
  }
  return size;
}
