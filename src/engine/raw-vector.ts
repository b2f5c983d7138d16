import type { DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { Vector } from "@duckdb/node-bindings";
import type { DuckDB } from "./duckdb.ts";

/** One of the engine's vectors, taken apart: valid until the next chunk is fetched, so everything is copied. */
export interface RawVector {
  readonly duckdb: DuckDB;
  readonly vector: Vector;
  readonly chunk: DuckDBDataChunk;
  readonly index: number;
  readonly type: DuckDBType;
  readonly rows: number;
  /** One byte a row, 0 where missing; undefined when none is. */
  readonly valid: Uint8Array | undefined;
  bytes(width: number): DataView;
}

/** Takes column `index` of a chunk apart. */
export function rawVector(
  duckdb: DuckDB,
  chunk: DuckDBDataChunk,
  index: number,
  type: DuckDBType,
): RawVector {
  const { raw } = duckdb;
  const vector = raw.data_chunk_get_vector(chunk.chunk, index);
  const rows = chunk.rowCount;
  const bytes = (width: number) => {
    const data = raw.vector_get_data(vector, rows * width);
    return new DataView(data.buffer, data.byteOffset, data.byteLength);
  };
  return { duckdb, vector, chunk, index, type, rows, valid: validOf(raw, vector, rows), bytes };
}

function validOf(raw: DuckDB["raw"], vector: Vector, rows: number): Uint8Array | undefined {
  const mask = raw.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null;
  if (!mask) return undefined;
  const valid = new Uint8Array(rows);
  let present = 0;
  for (let row = 0; row < rows; row += 1)
    present += valid[row] = ((mask[row >> 3] as number) >> (row & 7)) & 1;
  return present === rows ? undefined : valid;
}
