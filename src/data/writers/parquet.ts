import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "../../engine/database.ts";
import { Limits } from "../../engine/limits.ts";
import { loadTable } from "../../engine/load.ts";
import { faultOf } from "../../engine/fault.ts";
import { PROCESS_SLOTS } from "../../engine/slots.ts";
import { quoteText } from "../../engine/sql-text.ts";
import { HearthError } from "../../errors.ts";
import { didYouMean, listNames } from "../../nearest.ts";
import type { Cell, TableStream } from "../table.ts";
import type { WriteContext, Writer } from "../target.ts";

/** zstd files are about a third smaller than snappy's, and no slower to write here. */
const COMPRESSIONS = ["zstd", "snappy", "gzip", "none"];

/** Bytes of rows that the engine holds before it spills. */
const MEMORY_BYTES = 256 << 20;

const CHUNK_BYTES = 1 << 20;

/**
 * A Parquet file: 64-bit integers, doubles, booleans, texts, timestamps as they are; lists of one kind of value as
 * lists, other nested or mixed values as JSON. The rows are put down in the spill folder first, since a Parquet file
 * ends with its own table of contents. Parameter `compression`: zstd (default), snappy, gzip, none.
 *
 * Throws `request-invalid` for the parameter, `data-invalid` for a table without columns, `disk-full`.
 */
export const parquetWriter: Writer = {
  type: "parquet",
  extensions: [".parquet", ".pq"],
  mediaType: "application/vnd.apache.parquet",
  parameters: ["compression"],
  options: ({ compression = "zstd" }) => {
    if (COMPRESSIONS.includes(compression as string)) return { compression: compression as string };
    throw new HearthError("request-invalid", `"compression" must be one of ${listNames(COMPRESSIONS)}`, {
      hint: typeof compression === "string" ? didYouMean(compression, COMPRESSIONS) : undefined,
    });
  },
  encode,
};

async function* encode(
  table: TableStream,
  options: Readonly<Record<string, Cell>>,
  context: WriteContext,
): AsyncGenerator<Uint8Array> {
  const folder = await mkdtemp(join(await context.spillFolder(), "parquet-"));
  const path = join(folder, "table.parquet");
  const lease = context.spillBudget.lease();
  try {
    await writeFile(table, path, String(options["compression"]), folder, context);
    lease.grow((await stat(path)).size);
    yield* bytesOf(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
    lease.release();
  }
}

async function writeFile(
  table: TableStream,
  path: string,
  compression: string,
  spillFolder: string,
  { signal, spillBudget }: WriteContext,
): Promise<void> {
  const database = await openDatabase({
    memoryLimitBytes: MEMORY_BYTES,
    spillFolder,
    spillShare: spillBudget.share(),
    reachesFiles: true,
  });
  const connection = await database.connect();
  try {
    await loadTable(database.duckdb, connection, "data", table, signal);
    const limits = new Limits({
      slots: PROCESS_SLOTS,
      signal,
      timeLimitSeconds: 0,
      interrupt: () => connection.interrupt(),
    });
    const codec = compression === "none" ? "uncompressed" : compression;
    const sql = `COPY data TO ${quoteText(path)} (FORMAT parquet, COMPRESSION ${codec})`;
    await limits.run(() => connection.run(sql));
  } catch (error) {
    throw signal.aborted ? signal.reason : faultOf(error);
  } finally {
    connection.closeSync();
    await database.close();
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
