import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { concatTables, sizeOf, streamOf } from "../data/columns.ts";
import type { ColumnSchema, Table, TableStream } from "../data/table.ts";
import type { DuckDB } from "./duckdb.ts";
import { rawVector } from "./raw-vector.ts";
import { exactSchema, retype, type Wanted } from "./retype.ts";
import { outputType, type OutputType } from "./vector-out.ts";

/** A result up to this size is taken whole before it is answered. */
const WHOLE_BYTES = 32 << 20;

/** Engine chunks (2048 rows) that make one batch of a longer result. */
const CHUNKS_PER_BATCH = 16;

export interface ResultOptions {
  readonly duckdb: DuckDB;
  /** Names and dtypes that our own SQL knows better: one for each column, by position, or made of the engine's names. */
  readonly wanted?: readonly Wanted[] | ((names: readonly string[]) => readonly Wanted[]) | undefined;
  /** Runs one engine call within the limits of the query. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Asked at the end of the rows: throws when they ended because the engine failed. */
  readonly complete: () => Promise<void>;
  /** Called once, when no more is asked of the result. */
  readonly done: () => Promise<void>;
}

/**
 * A result as a stream. Up to 32 MiB it is taken whole, and its dtypes are exact: integers without missing values are
 * int64, with them Int64; booleans bool or boolean. A longer one streams in batches in bounded memory, and since what
 * comes is not known its integers are Int64 and its booleans boolean. Breaking off the iteration frees the query.
 */
export async function streamResult(result: DuckDBResult, options: ResultOptions): Promise<TableStream> {
  const reader = createReader(result, options);
  const parts: Table[] = [];
  let bytes = 0;
  try {
    for (let part = await reader.next(); ; part = await reader.next()) {
      if (part === undefined) break;
      parts.push(part);
      bytes += sizeOf(part);
      if (bytes > WHOLE_BYTES) {
        const schema = reader.openSchema(concatTables(reader.schema, parts));
        return { schema, batches: remaining(parts, reader, schema, options.done) };
      }
    }
  } catch (error) {
    await options.done();
    throw error;
  }
  await options.done();
  const whole = concatTables(reader.schema, parts);
  return streamOf(retype(whole, exactSchema(whole, reader.wanted)));
}

async function* remaining(
  parts: Table[],
  reader: Reader,
  schema: readonly ColumnSchema[],
  done: () => Promise<void>,
): AsyncGenerator<Table> {
  try {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield retype(part, schema);
    for (let part = await reader.next(); part !== undefined; part = await reader.next())
      yield retype(part, schema);
  } finally {
    await done();
  }
}

interface Reader {
  readonly wanted: readonly Wanted[];
  /** Names and the dtypes that the engine's types have by nature. */
  readonly schema: readonly ColumnSchema[];
  /** The dtypes of a result whose end is not known, given its beginning. */
  openSchema(beginning: Table): ColumnSchema[];
  next(): Promise<Table | undefined>;
}

function createReader(result: DuckDBResult, { duckdb, wanted: given, run, complete }: ResultOptions): Reader {
  const types = result.columnTypes();
  const outputs = types.map((type) => outputType(duckdb, type));
  const names = distinctNames(result.columnNames());
  const wanted = typeof given === "function" ? given(names) : (given ?? names.map((name) => ({ name })));
  const schema = outputs.map(({ dtype }, i) => ({ name: (wanted[i] as Wanted).name, dtype }));
  const takeApart = (chunk: DuckDBDataChunk): Table => {
    const columns = outputs.map(({ read }, i) =>
      read(rawVector(duckdb, chunk, i, types[i] as (typeof types)[number])),
    );
    return { rows: chunk.rowCount, columns };
  };
  const next = async () => {
    const chunks: Table[] = [];
    while (chunks.length < CHUNKS_PER_BATCH) {
      const chunk = await run(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) {
        await complete();
        break;
      }
      chunks.push(takeApart(chunk));
    }
    return chunks.length === 0 ? undefined : concatTables(schema, chunks);
  };
  return { wanted, schema, next, openSchema: (beginning) => openSchema(beginning, outputs, wanted) };
}

/** A table has no two columns of one name: the second `a` becomes `a_1`. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let i = 1; seen.has(free); i += 1) if (!taken.has(`${name}_${i}`)) free = `${name}_${i}`;
    seen.add(free);
    taken.add(free);
    return free;
  });
}

function openSchema(
  beginning: Table,
  outputs: readonly OutputType[],
  wanted: readonly Wanted[],
): ColumnSchema[] {
  return exactSchema(beginning, wanted).map((column, i) => {
    const { dtype } = wanted[i] as Wanted;
    if (column.dtype === dtype || column.dtype === "object") return column;
    return { name: column.name, dtype: (outputs[i] as OutputType).nullable };
  });
}
