import { collectWithin, sizeOf, streamOf } from "../data/columns.ts";
import type { Table, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { type Database, type DatabaseFile, openDatabase, type SpillShare } from "./database.ts";
import { loadDuckDB } from "./duckdb.ts";
import { faultOf } from "./fault.ts";
import { Limits } from "./limits.ts";
import { loadTable, type LoadedTable } from "./load.ts";
import { loadParquet, parquetFault, tableFromView } from "./load-parquet.ts";
import { lowered } from "./names.ts";
import { createSession, type Session } from "./session.ts";
import { PROCESS_SLOTS } from "./slots.ts";
import { type NamedIdentity, WarmDatabases } from "./warm-databases.ts";

/** Limits are looked at anew for each query, so they may be getters of settings that change. */
export interface EngineOptions {
  /** Bytes that one database may take; beyond it the engine spills. At least 16 MiB are given. */
  readonly memoryLimitBytes: number;
  /** Makes and names a folder of mode 0700 for what is spilled; when it can't, queries have their memory only. */
  readonly spillFolder: () => Promise<string>;
  /** Disk space for a database that is opened, released when it is closed; without it the disk is the limit. */
  readonly spillShare?: () => Promise<SpillShare>;
  /** Seconds of work for one query; 0 without limit. */
  readonly timeLimitSeconds: number;
  /** Called when a query does not heed its interrupt: it was answered, but its thread works on. With its signal. */
  readonly onStuck?: (signal: AbortSignal | undefined) => void;
}

/** A table for a query, under the name it has there. */
export interface EngineTable {
  readonly name: string;
  readonly data: Table | TableStream | ParquetFile;
}

/** A table that is known by something else than its own rows. */
export interface KnownTable {
  readonly name: string;
  readonly data: KnownRows;
}

/** Rows that come from elsewhere and are known again by an object: asked for only where no database has them yet. */
export interface KnownRows {
  readonly identity: object;
  readonly bytes: number;
  rows(): TableStream;
}

/** A file that is read where it lies, by each query as much of it as it needs. */
export interface ParquetFile {
  /** Known again by: the same object for the same content. */
  readonly identity: object;
  readonly parquet: DatabaseFile;
  /** As the caller wrote it. */
  readonly shownPath: string;
}

export interface OpenOptions {
  /** Runs with no other query beside it, so that it is known whose fault it is when the engine's process has to end. */
  readonly alone?: boolean;
}

/** The query engine behind one seam: no other folder knows that it is DuckDB. */
export interface Engine {
  /** Begins what the first query would wait for. Whether it works shows when one comes. */
  prepare(): void;
  /**
   * A locked database that holds these tables and nothing else. Tables in memory are kept warm for the next query over
   * the same; a stream is loaded once, into a file of the spill folder when it is large.
   *
   * Throws `request-invalid` for a repeated or empty name, `data-invalid` for a table without columns,
   * `engine-unavailable`, `memory-limit`, `request-cancelled`; and `EngineStopped`, also from the session, where the
   * engine ended with the query in it through no fault that is known: it may be repeated.
   */
  open(tables: readonly EngineTable[], signal?: AbortSignal, options?: OpenOptions): Promise<Session>;
  /** Frees all databases; those in use when their last query ends. */
  close(): Promise<void>;
}

/** The engine in this very process. */
export interface LocalEngine extends Engine {
  open(tables: readonly (EngineTable | KnownTable)[], signal?: AbortSignal): Promise<Session>;
}

/** A stream is held in memory up to this part of the memory limit, beyond it on disk. */
const MEMORY_SHARE = 4;

/** Makes the engine, in this very process. Nothing is loaded or opened before the first use. */
export function createEngine(options: EngineOptions): LocalEngine {
  const warm = new WarmDatabases(() => options.memoryLimitBytes / MEMORY_SHARE);
  const limits = (
    interrupt: () => void,
    signal: AbortSignal | undefined,
    files: readonly ParquetFile[],
  ): Limits => {
    const { timeLimitSeconds } = options;
    const onStuck = () => options.onStuck?.(signal);
    const explain = (error: unknown) => parquetFault(error, files);
    return new Limits({ slots: PROCESS_SLOTS, signal, interrupt, timeLimitSeconds, onStuck, explain });
  };
  const openFor = async (onDisk: boolean, files: readonly DatabaseFile[] = []) =>
    openDatabase({
      memoryLimitBytes: options.memoryLimitBytes,
      spillFolder: await spillFolderOf(options, onDisk),
      spillShare: await options.spillShare?.(),
      onDisk,
      files,
    });

  const acquire = async (tables: readonly (EngineTable | KnownTable)[], signal: AbortSignal | undefined) => {
    const given = await inMemory(tables, options.memoryLimitBytes / MEMORY_SHARE);
    const files = filesOf(tables).map(({ parquet }) => parquet);
    if (given.every(isKnown)) {
      // Loading is shared with whoever asks for the same tables, so one caller's leaving must not end it.
      const make = async () => {
        const loaded = await makeLoaded(() => openFor(false, files), given, undefined);
        return { ...loaded, settle: () => tablesFromViews(loaded.database, given) };
      };
      return warm.take(given.map(identified), make);
    }
    const loaded = await makeLoaded(() => openFor(true, files), given, signal);
    return { ...loaded, release: () => loaded.database.close() };
  };

  return {
    prepare: () => void loadDuckDB().catch(() => {}),
    async open(tables, signal) {
      checkNames(tables);
      const {
        database,
        tables: loaded,
        release,
      } = await acquire(tables, signal).catch((error: unknown) => {
        if (signal?.aborted === true) throw error;
        // Here and not where it was loaded: who shares the loading has other names for the files.
        throw parquetFault(error, filesOf(tables)) ?? faultOf(error);
      });
      const connection = await database.connect().catch(async (error: unknown) => {
        await release();
        throw faultOf(error);
      });
      const own = limits(() => connection.interrupt(), signal, filesOf(tables));
      return createSession({ database, connection, tables: loaded, limits: own, release });
    },
    close: () => warm.close(),
  };
}

function filesOf(tables: readonly (EngineTable | KnownTable)[]): ParquetFile[] {
  return tables.flatMap(({ data }) => ("parquet" in data ? [data] : []));
}

/** Throws `request-invalid` for an empty or a repeated name. */
export function checkNames(tables: readonly { readonly name: string }[]): void {
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

/** What may be loaded: streams that are small have become tables, and tables are known by themselves. */
interface LoadableTable {
  readonly name: string;
  readonly data: KnownRows | TableStream | ParquetFile;
}

/** A stream becomes a table when it is small; else what was read of it goes before the rest. */
async function inMemory(
  tables: readonly (EngineTable | KnownTable)[],
  limitBytes: number,
): Promise<LoadableTable[]> {
  const loadable: LoadableTable[] = [];
  for (const { name, data } of tables) {
    if ("columns" in data) loadable.push({ name, data: knownTable(data) });
    else if ("batches" in data) loadable.push({ name, data: await smallStream(data, limitBytes) });
    else loadable.push({ name, data });
  }
  return loadable;
}

function knownTable(table: Table): KnownRows {
  return { identity: table, bytes: sizeOf(table), rows: () => streamOf(table) };
}

async function smallStream(stream: TableStream, limitBytes: number): Promise<KnownRows | TableStream> {
  const { schema } = stream;
  const iterator = stream.batches[Symbol.asyncIterator]();
  const head: Table[] = [];
  const table = await collectWithin({ schema, batches: recorded(iterator, head) }, limitBytes);
  return table === undefined ? { schema, batches: replay(head, iterator) } : knownTable(table);
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

type KnownLoadable = LoadableTable & { readonly data: KnownRows | ParquetFile };

function isKnown(table: LoadableTable): table is KnownLoadable {
  return "identity" in table.data;
}

/** A file stays where it is: its table takes no memory. */
function identified({ name, data }: KnownLoadable): NamedIdentity {
  return { name, identity: data.identity, bytes: "bytes" in data ? data.bytes : 0 };
}

async function makeLoaded(
  open: () => Promise<Database>,
  given: readonly LoadableTable[],
  signal: AbortSignal | undefined,
): Promise<{ database: Database; tables: readonly LoadedTable[] }> {
  const database = await open();
  const connection = await database.connect();
  try {
    const tables: LoadedTable[] = [];
    for (const { name, data } of given) {
      if ("parquet" in data) tables.push(await loadParquet(database, connection, name, data));
      else {
        const rows = "rows" in data ? data.rows() : data;
        tables.push(await loadTable(database.duckdb, connection, name, within(database, rows), signal));
      }
    }
    connection.closeSync();
    return { database, tables };
  } catch (error) {
    connection.closeSync();
    await database.close();
    if (signal?.aborted === true)
      throw new HearthError("request-cancelled", "The request was cancelled", { cause: error });
    throw error;
  }
}

/** The same rows; throws `disk-full` when the database outgrows its share of the disk. */
function within(database: Database, { schema, batches }: TableStream): TableStream {
  const checked = async function* () {
    for await (const batch of batches) {
      yield batch;
      database.checkDisk();
    }
  };
  return { schema, batches: checked() };
}

/** Makes tables of the small files among the views; gives the bytes that they take. */
async function tablesFromViews(database: Database, given: readonly LoadableTable[]): Promise<number> {
  const files = given.flatMap(({ name, data }) => ("parquet" in data ? [{ name, data }] : []));
  if (files.length === 0) return 0;
  const release = await PROCESS_SLOTS.take(undefined);
  try {
    const connection = await database.connect();
    let bytes = 0;
    for (const { name, data } of files)
      bytes += await tableFromView(connection, name, database.pathOf(data.parquet));
    connection.closeSync();
    return bytes;
  } catch {
    return 0; // the query's own connection will say why there is none
  } finally {
    release();
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
