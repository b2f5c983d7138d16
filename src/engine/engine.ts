import { collect } from "../data/columns.ts";
import type { Table, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { openDatabase, type Database } from "./database.ts";
import { faultOf } from "./fault.ts";
import { Limits } from "./limits.ts";
import { loadTable, type LoadedTable } from "./load.ts";
import { lowered } from "./names.ts";
import { createSession, type Session } from "./session.ts";
import { PROCESS_SLOTS } from "./slots.ts";
import { WarmDatabases, type NamedTable } from "./warm-databases.ts";

/** Limits are looked at anew for each query, so they may be getters of settings that change. */
export interface EngineOptions {
  /** Bytes that one database may take; beyond it the engine spills. At least 16 MiB are given. */
  readonly memoryLimitBytes: number;
  /** Makes and names a folder of mode 0700 for what is spilled; when it can't, queries have their memory only. */
  readonly spillFolder: () => Promise<string>;
  /** Seconds of work for one query; 0 without limit. */
  readonly timeLimitSeconds: number;
}

/** A table for a query, under the name it has there. */
export interface EngineTable {
  readonly name: string;
  readonly data: Table | TableStream;
}

/** The query engine behind one seam: no other folder knows that it is DuckDB. */
export interface Engine {
  /**
   * A locked database that holds these tables and nothing else. Tables in memory are kept warm for the next query over
   * the same; a stream is loaded once, into a file of the spill folder when it is large.
   *
   * Throws `request-invalid` for a repeated or empty name, `data-invalid` for a table without columns,
   * `engine-unavailable`, `memory-limit`, `request-cancelled`.
   */
  open(tables: readonly EngineTable[], signal?: AbortSignal): Promise<Session>;
  /** Frees all databases; those in use when their last query ends. */
  close(): Promise<void>;
}

/** A stream is held in memory up to this part of the memory limit, beyond it on disk. */
const MEMORY_SHARE = 4;

/** Makes the engine. Nothing is loaded or opened before the first use. */
export function createEngine(options: EngineOptions): Engine {
  const warm = new WarmDatabases(() => options.memoryLimitBytes / MEMORY_SHARE);
  const limits = (interrupt: () => void, signal: AbortSignal | undefined) =>
    new Limits({ slots: PROCESS_SLOTS, signal, interrupt, timeLimitSeconds: options.timeLimitSeconds });
  const openFor = async (onDisk: boolean) =>
    openDatabase({
      memoryLimitBytes: options.memoryLimitBytes,
      spillFolder: await spillFolderOf(options, onDisk),
      onDisk,
    });

  const acquire = async (tables: readonly EngineTable[], signal: AbortSignal | undefined) => {
    const given = await Promise.all(
      tables.map((table) => inMemory(table, options.memoryLimitBytes / MEMORY_SHARE)),
    );
    if (given.every(isNamedTable)) {
      // Loading is shared with whoever asks for the same tables, so one caller's leaving must not end it.
      return warm.take(given, () => makeLoaded(() => openFor(false), given.map(asEngineTable), undefined));
    }
    const loaded = await makeLoaded(() => openFor(true), given.map(asEngineTable), signal);
    return { ...loaded, release: () => loaded.database.close() };
  };

  return {
    async open(tables, signal) {
      checkNames(tables);
      const { database, tables: loaded, release } = await acquire(tables, signal);
      const connection = await database.connect();
      const own = limits(() => connection.interrupt(), signal);
      return createSession({ database, connection, tables: loaded, limits: own, release });
    },
    close: () => warm.close(),
  };
}

function checkNames(tables: readonly EngineTable[]): void {
  const seen = new Set<string>();
  for (const { name } of tables) {
    if (name === "" || name.includes("\0")) throw new HearthError("request-invalid", "A table needs a name");
    if (seen.has(lowered(name))) {
      throw new HearthError("request-invalid", `Two tables are named "${name}"`, {
        hint: "Upper and lower case count as the same.",
      });
    }
    seen.add(lowered(name));
  }
}

/** A stream becomes a table when it is small; else what was read of it goes before the rest. */
async function inMemory({ name, data }: EngineTable, limitBytes: number): Promise<NamedTable | EngineTable> {
  if ("rows" in data) return { name, table: data };
  const iterator = data.batches[Symbol.asyncIterator]();
  const head: Table[] = [];
  const rest = replay(head, iterator);
  const table = await collect({ schema: data.schema, batches: recorded(iterator, head) }, limitBytes).catch(
    (error: unknown) => {
      if (error instanceof HearthError && error.code === "data-too-large") return undefined;
      throw error;
    },
  );
  return table === undefined ? { name, data: { schema: data.schema, batches: rest } } : { name, table };
}

/** The batches of an iterator, noted in `head`; breaking off does not end the iterator. */
function recorded(iterator: AsyncIterator<Table>, head: Table[]): AsyncIterable<Table> {
  const next = async () => {
    const step = await iterator.next();
    if (step.done !== true) head.push(step.value);
    return step;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

async function* replay(head: Table[], iterator: AsyncIterator<Table>): AsyncGenerator<Table> {
  try {
    for (let batch = head.shift(); batch !== undefined; batch = head.shift()) yield batch;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield step.value;
  } finally {
    await iterator.return?.();
  }
}

function isNamedTable(table: NamedTable | EngineTable): table is NamedTable {
  return "table" in table;
}

function asEngineTable(table: NamedTable | EngineTable): EngineTable {
  return isNamedTable(table) ? { name: table.name, data: table.table } : table;
}

async function makeLoaded(
  open: () => Promise<Database>,
  given: readonly EngineTable[],
  signal: AbortSignal | undefined,
): Promise<{ database: Database; tables: readonly LoadedTable[] }> {
  const database = await open();
  const connection = await database.connect();
  try {
    const tables: LoadedTable[] = [];
    for (const { name, data } of given)
      tables.push(await loadTable(database.duckdb, connection, name, data, signal));
    connection.closeSync();
    return { database, tables };
  } catch (error) {
    connection.closeSync();
    await database.close();
    if (signal?.aborted === true)
      throw new HearthError("request-cancelled", "The request was cancelled", { cause: error });
    throw faultOf(error);
  }
}

/** What must lie on disk needs the folder; what may spill there can do without. */
async function spillFolderOf({ spillFolder }: EngineOptions, onDisk: boolean): Promise<string | undefined> {
  try {
    return await spillFolder();
  } catch (error) {
    if (onDisk) throw error;
    return undefined;
  }
}
