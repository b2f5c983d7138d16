import { setImmediate as nextTurn } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { emptyColumn } from "../data/columns.ts";
import type { Column, ColumnSchema, DType, Table, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { inputType, type InputType } from "./column-type.ts";
import type { DuckDB } from "./duckdb.ts";
import { engineNames } from "./names.ts";
import { quoteName } from "./sql-text.ts";

/** A table as the engine knows it. */
export interface LoadedTable {
  readonly name: string;
  readonly columns: readonly LoadedColumn[];
}

export interface LoadedColumn {
  readonly name: ColumnSchema["name"];
  /** The dtype that it came with; absent where it is what the engine's type gives by nature. */
  readonly dtype?: DType;
  /** That natural one: of a column without missing values, and of one with them. */
  readonly natural?: { readonly dtype: DType; readonly nullable: DType };
  /** The column's name in SQL. */
  readonly sqlName: string;
  /** The engine's type. */
  readonly sqlType: string;
}

/** Rows of the engine's vectors. */
const VECTOR_ROWS = 2048;

/** Rows after which the event loop gets its turn: about 10 ms. */
const ROWS_PER_TURN = 16 * VECTOR_ROWS;

/**
 * Copies a stream, batch by batch, into a new table of the engine. Throws `data-invalid` for a table without
 * columns, the signal's reason, and the engine's own errors.
 */
export async function loadTable(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  name: string,
  { schema, batches }: TableStream,
  signal: AbortSignal | undefined,
): Promise<LoadedTable> {
  if (schema.length === 0) throw new HearthError("data-invalid", `The table "${name}" has no columns`);
  let filler: Filler | undefined;
  try {
    for await (const batch of batches) {
      filler ??= await createFiller(duckdb, connection, name, schema, batch.columns);
      await filler.append(batch, signal);
    }
    filler ??= await createFiller(duckdb, connection, name, schema, schema.map(emptyColumn));
  } finally {
    filler?.close();
  }
  return filler.table;
}

interface Filler {
  readonly table: LoadedTable;
  append(batch: Table, signal: AbortSignal | undefined): Promise<void>;
  close(): void;
}

/** Makes the table with the types that the first batch asks for. */
async function createFiller(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  name: string,
  schema: readonly ColumnSchema[],
  first: readonly Column[],
): Promise<Filler> {
  const types = first.map((column) => inputType(duckdb.api, column));
  const names = engineNames(schema.map((column) => column.name));
  const columns = schema.map(({ name, dtype }, i) => {
    return { name, dtype, sqlName: names[i] as string, sqlType: (types[i] as InputType).sql };
  });
  const list = columns.map(({ sqlName, sqlType }) => `${quoteName(sqlName)} ${sqlType}`).join(", ");
  await connection.run(`CREATE TABLE ${quoteName(name)} (${list})`);
  const appender = await connection.createAppender(name);
  const append = async (batch: Table, signal: AbortSignal | undefined) => {
    for (let from = 0; from < batch.rows; from += VECTOR_ROWS) {
      if (from % ROWS_PER_TURN === 0) await nextTurn();
      signal?.throwIfAborted();
      appender.appendDataChunk(chunkOf(duckdb, types, batch, from));
    }
  };
  return { table: { name, columns }, append, close: () => appender.closeSync() };
}

function chunkOf({ api, raw }: DuckDB, types: readonly InputType[], batch: Table, from: number) {
  const count = Math.min(VECTOR_ROWS, batch.rows - from);
  const chunk = api.DuckDBDataChunk.create(
    types.map(({ type }) => type),
    count,
  );
  types.forEach(({ fill }, i) => {
    fill(raw, raw.data_chunk_get_vector(chunk.chunk, i), batch.columns[i] as Column, from, count);
  });
  return chunk;
}
