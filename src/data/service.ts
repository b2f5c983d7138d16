import { writeAtomically } from "../access/atomic-write.ts";
import type { FileAccess } from "../access/files.ts";
import type { SpillBudget } from "../spill-budget.ts";
import { HearthError } from "../errors.ts";
import { type AfterRead, parseAfterRead } from "./after-read.ts";
import { type CacheStats, TableCache } from "./cache.ts";
import { DEFAULT_MAX_CELLS } from "./cell-limit.ts";
import { closingAfter, collect, streamOf, tableBehind } from "./columns.ts";
import { FileTables } from "./file-tables.ts";
import { type Isolation, INLINE_LIMIT_BYTES, readIsolated, type ReaderProcesses } from "./isolated.ts";
import { type HeldParquet, HeldParquets } from "./held-parquet.ts";
import { writeJson } from "./json-write.ts";
import { checkOutput, type OutputData, outputFile, tableStreamOf } from "./output.ts";
import { checkPackable, packedFor } from "./pack.ts";
import { entryResult, orDiscard, type ReadResult, streamResult } from "./read-result.ts";
import { AUTO, readerOf } from "./readers/index.ts";
import { parquetReader } from "./readers/parquet.ts";
import { checkSource, pathOptionsOf, unknownOutputParameters, unknownParameters } from "./source-check.ts";
import type { DataSource, Reader } from "./source.ts";
import type { Cell, Table, TableStream } from "./table.ts";
import { uploadAccess } from "./upload-access.ts";
import { writeFolder } from "./write-folder.ts";
import { folderWriterOf, writerOf } from "./writers/index.ts";

export type { ReadResult } from "./read-result.ts";

export interface DataServiceOptions {
  /** Bytes of all cached tables and answers together. */
  readonly cacheLimitBytes: number;
  /** Bytes that one table may take in memory; larger ones are streamed. */
  readonly memoryLimitBytes: number;
  /** Cells of a table that is held; default `DEFAULT_MAX_CELLS`. A stream may have ten times as many. */
  readonly maxCells?: number | undefined;
  /** A folder of mode 0700 for what must be spilled; asked for when first needed. */
  readonly spillFolder: () => Promise<string>;
  /** The disk space for it. */
  readonly spillBudget: SpillBudget;
  /** Processes that read formats whose parsers can take any amount of memory or time; without them they are read here. */
  readonly readers?: ReaderProcesses;
  /** Bytes of the largest JSON file that is read here where there are such processes; default 8 MB. */
  readonly inlineLimitBytes?: () => number;
  /** Runs the `compute` section of a data source over its table, when all else after reading is done. */
  readonly compute?: ComputeRows;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
}

/** Runs a `compute` section over a table. Throws `request-invalid`, `operation-unknown`, and what functions throw. */
export type ComputeRows = (table: Table, section: Cell, access: Omit<Access, "files">) => Promise<Table>;

/** On whose behalf something is read or written. */
export interface Access {
  readonly files: FileAccess;
  /** Aborts when the caller goes away or time is up. */
  readonly signal: AbortSignal;
  /** The caller's IANA time zone; undefined: the server's own. */
  readonly timeZone?: string | undefined;
}

export interface WriteResult {
  readonly rows: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** As the caller wrote it. */
  readonly path: string;
  readonly warnings: readonly string[];
}

/** A body that lies in a file of ours, to be read as a source of this type. */
export interface Upload {
  /** Absolute. */
  readonly path: string;
  /** How messages name it. */
  readonly shownName: string;
  readonly type: string;
  /** Of the type, such as `delimiter`, and those after reading. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Of the caller who sent it, as `FileAccess.callerKey`. */
  readonly callerKey?: string | undefined;
}

/**
 * Reading and writing of data, with one cache. Errors are `HearthError`s: `request-invalid`, `type-unknown`,
 * `not-supported`, those of the file access, the data's own (`data-invalid`, `data-empty`, `data-too-large`,
 * `encoding-invalid`, `column-unknown`), `file-changed`, `too-busy`, `request-cancelled`.
 */
export interface DataService {
  /** Reads a data source as it stands in a request: an object with `type` and that type's parameters. */
  read(source: unknown, access: Access): Promise<ReadResult>;
  /** Reads a data source for a query: a Parquet file is only opened, the engine reads of it what the query needs. */
  readForQuery(source: unknown, access: Access): Promise<ReadResult | { readonly parquet: HeldParquet }>;
  /** Reads a body that lies in a file of ours; never kept. */
  readUpload(upload: Upload, signal: AbortSignal): Promise<ReadResult>;
  /** Writes a file atomically, `{type, filename, ...}`; a name ending in `.gz` or `.zst` is packed. */
  write(data: OutputData, output: unknown, access: Access): Promise<WriteResult>;
  /** Checks output and target as `write` does, before the data is there. Throws what it would. */
  checkTarget(output: unknown, files: FileAccess): Promise<void>;
  stats(): CacheStats;
  /** Takes new limits at once. */
  configure(limits: Pick<DataServiceOptions, "cacheLimitBytes" | "memoryLimitBytes" | "maxCells">): void;
  /** Aborts what is being read and frees the cache. */
  close(): void;
}

/** Makes a data service; loads nothing and touches no file. */
export function createDataService(options: DataServiceOptions): DataService {
  const cache = new TableCache(options.cacheLimitBytes);
  const now = options.now ?? Date.now;
  const isolation: Isolation = {
    processes: options.readers,
    inlineLimitBytes: options.inlineLimitBytes ?? (() => INLINE_LIMIT_BYTES),
  };
  const tables = new FileTables(cache, { memoryLimitBytes: options.memoryLimitBytes, now, isolation });
  tables.maxCells = options.maxCells ?? DEFAULT_MAX_CELLS;
  const parquets = new HeldParquets(now);
  const reading: Reading = { tables, isolation, compute: options.compute };
  return {
    read: (source, access) => named(access.signal, readSource(reading, source, access)),
    readForQuery: (source, access) => named(access.signal, readForQuery(reading, parquets, source, access)),
    readUpload: (upload, signal) => named(signal, readUpload(reading, upload, signal)),
    write: (data, output, access) =>
      named(access.signal, writeOutput({ ...options, maxCells: tables.maxCells }, data, output, access)),
    async checkTarget(output, files) {
      // Where a folder's files lie is told by the rows alone.
      if (folderWriterOf(output) === undefined) await prepareOutput(output, files);
    },
    stats: () => cache.stats(),
    configure(limits) {
      cache.resize(limits.cacheLimitBytes);
      tables.memoryLimitBytes = limits.memoryLimitBytes;
      tables.maxCells = limits.maxCells ?? DEFAULT_MAX_CELLS;
    },
    close() {
      tables.close();
      parquets.close();
    },
  };
}

/** An abort reaches the caller as `request-cancelled`, whatever its reason says in the words of the runtime. */
async function named<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof HearthError || !signal.aborted) throw error;
    if (signal.reason instanceof HearthError) throw signal.reason;
    throw new HearthError("request-cancelled", "The request was cancelled", { cause: error });
  }
}

/** What reads. */
interface Reading {
  readonly tables: FileTables;
  readonly isolation: Isolation;
  readonly compute: ComputeRows | undefined;
}

async function readSource(reading: Reading, given: unknown, access: Access): Promise<ReadResult> {
  const source = checkSource(given);
  const result = await readPlain(reading, source, access);
  return computed(reading, source, result, access);
}

/** The result with the source's `compute` section run; that is never kept, since it may depend on more than files. */
async function computed(
  { tables, compute }: Reading,
  source: DataSource,
  result: ReadResult,
  access: Omit<Access, "files">,
): Promise<ReadResult> {
  if (!hasCompute(source)) return result;
  if (compute === undefined) throw new HearthError("not-supported", '"compute" is not available here');
  const table = result.table ?? (await collect(result.stream(), tables.memoryLimitBytes));
  const made = await compute(table, source.compute as Cell, access);
  return streamResult(streamOf(made), undefined, result.warnings);
}

function hasCompute({ compute }: DataSource): boolean {
  return compute !== undefined && compute !== null && !(Array.isArray(compute) && compute.length === 0);
}

async function readPlain(reading: Reading, source: DataSource, access: Access): Promise<ReadResult> {
  const { tables } = reading;
  const after = parseAfterRead(source);
  const reader = await chooseReader(source, access.files);
  const warnings = unknownParameters(source, reader.parameters);
  const { filename } = source;
  if (reader.readsNoFile !== true && typeof filename === "string" && filename !== "") {
    return readFile(reading, { source, reader, filename }, after, access, warnings);
  }
  const context = {
    ...access,
    memoryLimit: tables.memoryLimitBytes,
    maxCells: tables.maxCells,
    read: nested(reading, access),
    dependsOn: () => {},
  };
  return streamResult(await readIsolated(reader, source, context, reading.isolation), after, warnings);
}

/** The reader of a source. Where the name tells no type it may be a slip, and then that is said first. */
async function chooseReader(source: DataSource, files: FileAccess): Promise<Reader> {
  try {
    return await readerOf(source);
  } catch (error) {
    const { type, filename } = source;
    if (type === AUTO && typeof filename === "string") await checkIsFile(filename, source, files);
    throw error;
  }
}

async function checkIsFile(filename: string, source: DataSource, files: FileAccess): Promise<void> {
  try {
    await files.stamp(filename, pathOptionsOf(source));
  } catch (error) {
    if (!(error instanceof HearthError) || error.errorType !== "IsADirectoryError") throw error;
    throw new HearthError(error.code, error.message, {
      hint: 'Read the files in it with the type "directory", or one such as "markdown_directory".',
    });
  }
}

async function readForQuery(reading: Reading, parquets: HeldParquets, given: unknown, access: Access) {
  const source = checkSource(given);
  const isPlainParquet =
    typeof source.filename === "string" &&
    parseAfterRead(source) === undefined &&
    !hasCompute(source) &&
    (await chooseReader(source, access.files)).type === parquetReader.type;
  const parquet = isPlainParquet ? await parquets.open(source, access.files) : undefined;
  return parquet === undefined ? readSource(reading, source, access) : { parquet };
}

/** Reads the parts of a source made of several. */
function nested(reading: Reading, access: Access): (source: DataSource) => Promise<TableStream> {
  return async (source) => (await readSource(reading, source, access)).stream();
}

async function readFile(
  reading: Reading,
  named: { source: DataSource; reader: Reader; filename: string },
  after: AfterRead | undefined,
  access: Access,
  warnings: readonly string[],
): Promise<ReadResult> {
  const { tables } = reading;
  const options = named.reader.options(named.source);
  const { entry, stream } = await tables.read({
    ...named,
    ...access,
    optionsKey: options && writeJson(options),
    place: pathOptionsOf(named.source),
    read: nested(reading, access),
  });
  return entry === undefined
    ? streamResult(stream, after, warnings)
    : entryResult(tables.cache, entry, after, warnings);
}

async function readUpload(reading: Reading, upload: Upload, signal: AbortSignal): Promise<ReadResult> {
  const { tables } = reading;
  const source = checkSource({ ...upload.parameters, type: upload.type, filename: upload.shownName });
  const after = parseAfterRead(source);
  const reader = await readerOf(source);
  const warnings = unknownParameters(source, reader.parameters);
  const { files, close } = uploadAccess(upload.path, upload.shownName, upload.callerKey);
  try {
    const context = {
      files,
      signal,
      memoryLimit: tables.memoryLimitBytes,
      maxCells: tables.maxCells,
      read: nested(reading, { files, signal }),
      dependsOn: () => {},
    };
    const stream = await readIsolated(reader, source, context, reading.isolation);
    if (tableBehind(stream) === undefined) {
      return await streamResult({ ...stream, batches: closingAfter(stream.batches, close) }, after, warnings);
    }
    close();
    return await streamResult(stream, after, warnings);
  } catch (error) {
    close();
    throw error;
  }
}

/** An output whose parameters and target are right, so far as that can be known beforehand. */
async function prepareOutput(given: unknown, files: FileAccess) {
  const output = checkOutput(given);
  const filename = outputFile(output);
  const writer = await writerOf(output.type, filename);
  const options = writer.options(output);
  checkPackable(filename, writer.type);
  const target = await files.target(filename, pathOptionsOf(output));
  return { output, filename, writer, options, target };
}

function writeOutput(
  options: DataServiceOptions,
  data: OutputData,
  given: unknown,
  access: Access,
): Promise<WriteResult> {
  const write = () => writeData(options, data, given, access);
  return "batches" in data ? orDiscard(data, write) : write();
}

async function writeData(
  { spillFolder, spillBudget, maxCells = DEFAULT_MAX_CELLS }: DataServiceOptions,
  data: OutputData,
  given: unknown,
  access: Access,
): Promise<WriteResult> {
  const { files, signal } = access;
  const folderWriter = folderWriterOf(given);
  if (folderWriter !== undefined) {
    const table = await tableStreamOf(data, { maxCells, signal });
    return writeFolder(table, checkOutput(given), await folderWriter, access);
  }
  const { output, filename, writer, options, target } = await prepareOutput(given, files);
  const stream = await tableStreamOf(data, { maxCells, signal });
  let rows = 0;
  const counted = { ...stream, batches: countRows(stream.batches, (count) => (rows += count)) };
  const encoded = writer.encode(counted, options, { signal, spillFolder, spillBudget });
  const { bytes } = await writeAtomically(target, packedFor(filename, encoded), { signal });
  return {
    rows,
    bytes,
    path: target.shownPath,
    warnings: unknownOutputParameters(output, writer.parameters),
  };
}

async function* countRows(
  batches: AsyncIterable<Table>,
  count: (rows: number) => void,
): AsyncGenerator<Table> {
  for await (const batch of batches) {
    count(batch.rows);
    yield batch;
  }
}
