import type { DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";
import { concatTables, sizeOf, streamOf } from "../data/columns.ts";
import type { Column, ColumnSchema, Table, TableStream } from "../data/table.ts";
import type { DuckDB } from "./duckdb.ts";
import type { Limits } from "./limits.ts";
import { rawVector } from "./raw-vector.ts";
import { placeLost, type RevocablePlace } from "../revocable-slots.ts";
import { exactSchema, retype, type Wanted } from "./retype.ts";
import { outputType, type OutputType } from "./vector-out.ts";

/** A result up to this size is taken whole before it is answered. */
const WHOLE_BYTES = 32 << 20;

/** One up to this size needs no place among the large ones. */
const SMALL_BYTES = 4 << 20;

/** A batch of a longer result has so many of the engine's chunks (2048 rows), fewer when they are large. */
const CHUNKS_PER_BATCH = 16;
const BATCH_BYTES = 8 << 20;

export interface ResultOptions {
  readonly duckdb: DuckDB;
  /** Names and dtypes that our own SQL knows better: one for each column, by position, or made of the engine's names. */
  readonly wanted?: readonly Wanted[] | ((names: readonly string[]) => readonly Wanted[]) | undefined;
  /** Runs one engine call within the limits of the query. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs our own work on what came within them. */
  readonly convert: Limits["convert"];
  /** Asked at the end of the rows: throws when they ended because the engine failed. */
  readonly complete: () => Promise<void>;
  /** Waits for a place among the large results; `done` frees it. Absent where somebody else counts them. */
  readonly hold?: () => Promise<RevocablePlace>;
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
  let isLarge = false;
  let place: RevocablePlace | undefined;
  try {
    for (let part = await reader.next(); ; part = await reader.next()) {
      if (part === undefined) break;
      parts.push(part);
      bytes += sizeOf(part);
      if (bytes > SMALL_BYTES && !isLarge) {
        isLarge = true;
        place = await options.hold?.();
      }
      if (bytes > WHOLE_BYTES) {
        const schema = reader.openSchema(concatTables(reader.schema, parts));
        return { schema, batches: remaining(parts, reader, schema, { done: options.done, place }) };
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
  { done, place }: { readonly done: () => Promise<void>; readonly place: RevocablePlace | undefined },
): AsyncGenerator<Table> {
  try {
    for (;;) {
      const part = parts.shift() ?? (await reader.next());
      if (part === undefined) return;
      place?.pause();
      yield retype(part, schema);
      if (place?.isRevoked === true) throw placeLost();
      place?.resume();
    }
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

function createReader(
  result: DuckDBResult,
  { duckdb, wanted: given, run, convert, complete }: ResultOptions,
): Reader {
  const types = result.columnTypes();
  const outputs = types.map((type) => outputType(duckdb, type));
  const names = distinctNames(result.columnNames());
  const wanted = typeof given === "function" ? given(names) : (given ?? names.map((name) => ({ name })));
  const schema = outputs.map(({ dtype }, i) => ({ name: (wanted[i] as Wanted).name, dtype }));
  const takeApart = (chunk: DuckDBDataChunk): Promise<Table> =>
    convert(async (turn) => {
      const columns: Column[] = [];
      for (const [i, { read }] of outputs.entries())
        columns.push(await read(rawVector(duckdb, chunk, i, types[i] as (typeof types)[number]), turn));
      return { rows: chunk.rowCount, columns };
    });
  const next = async () => {
    const chunks: Table[] = [];
    let bytes = 0;
    while (chunks.length < CHUNKS_PER_BATCH && bytes < BATCH_BYTES) {
      const chunk = await run(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) {
        await complete();
        break;
      }
      const table = await takeApart(chunk);
      bytes += sizeOf(table);
      chunks.push(table);
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
