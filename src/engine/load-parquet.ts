import type { DuckDBConnection } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";
import type { Database } from "./database.ts";
import type { ParquetFile } from "./engine.ts";
import { parseEngineError } from "./engine-error.ts";
import type { LoadedTable } from "./load.ts";
import { quotePath } from "./query-file.ts";
import { quoteName } from "./sql-text.ts";
import { outputType } from "./vector-out.ts";

/**
 * Makes a view of a Parquet file, so that a query reads only the columns and row groups it needs. Nothing is read but
 * the file's footer. Throws the engine's own errors.
 */
export async function loadParquet(
  { duckdb, pathOf }: Database,
  connection: DuckDBConnection,
  name: string,
  { parquet }: ParquetFile,
): Promise<LoadedTable> {
  const view = quoteName(name);
  const source = `read_parquet(${quotePath(pathOf(parquet))})`;
  const none = await connection.run(`FROM ${source} LIMIT 0`);
  const types = none.columnTypes();
  // NaN is a missing value, as where the file is read whole.
  const floats = none.columnNames().flatMap((column, i) => {
    const float = quoteName(column);
    return /^(?:FLOAT|DOUBLE)$/.test(String(types[i]))
      ? [`CASE WHEN isnan(${float}) THEN NULL ELSE ${float} END AS ${float}`]
      : [];
  });
  const replaced = floats.length === 0 ? "" : ` REPLACE (${floats.join(", ")})`;
  await connection.run(`CREATE VIEW ${view} AS SELECT *${replaced} FROM ${source}`);
  const columns = none.columnNames().map((column, i) => {
    const type = types[i] as (typeof types)[number];
    const { dtype, nullable } = outputType(duckdb, type);
    return { name: column, sqlName: column, sqlType: String(type), natural: { dtype, nullable } };
  });
  return { name, columns };
}

/** A file up to this size, unpacked, becomes a table when it is asked a second time. */
const TABLE_BYTES = 32 << 20;

/** What unpacks to much more than its footer says is left as it is after this time. */
const PATIENCE_MS = 500;

/**
 * Makes a table of a view of `loadParquet` where the file is small: a warm query takes a half to a tenth of the time
 * then (300,000 x 5: a maximum of texts 4 ms, 1 ms). Sessions that are open keep the view.
 *
 * @returns the bytes that the table takes; 0 when it was left as it is
 */
export async function tableFromView(
  connection: DuckDBConnection,
  name: string,
  path: string,
): Promise<number> {
  const timer = setTimeout(() => connection.interrupt(), PATIENCE_MS);
  try {
    const footer = `parquet_metadata(${quotePath(path)})`;
    const sizes = await connection.run(`SELECT sum(total_uncompressed_size)::DOUBLE FROM ${footer}`);
    const bytes = Number((await sizes.getRows())[0]?.[0] ?? 0);
    if (bytes > TABLE_BYTES) return 0;
    const view = quoteName(name);
    const table = quoteName(`${name} `);
    await connection.run(
      `BEGIN; CREATE TABLE ${table} AS FROM ${view}; DROP VIEW ${view}; ALTER TABLE ${table} RENAME TO ${view}; COMMIT`,
    );
    return bytes;
  } catch {
    // Of a damaged file the query itself says so.
    await connection.run("ROLLBACK").catch(() => {});
    return 0;
  } finally {
    clearTimeout(timer);
  }
}

/** Kinds of failure that come of what stands in a file. */
const FILE_KINDS = new Set(["IO", "Invalid Input", "Serialization"]);

/** How the engine's words show that it was a Parquet file it stumbled over. */
const FILE_WORDS = /parquet|thrift|tprotocol|decompress|snappy|zstd|gzip|brotli|lz4|footer/i;

/** A path by which a database knows a file. */
const FILE_PATH = /\/engine-[\d-]+\.links\/|\/proc\/(?:\d+|self)\/fd\//;

/**
 * `data-invalid` for a failure that is the file's, `file-changed` when it lost its path before the engine had opened it;
 * undefined for any other. Of several files all are named.
 */
export function parquetFault(error: unknown, files: readonly ParquetFile[]): HearthError | undefined {
  if (files.length === 0 || error instanceof HearthError) return undefined;
  const { kind, message } = parseEngineError(error);
  const names = files.map(({ shownPath }) => `"${shownPath}"`).join(" or ");
  // It has another path now, which the engine does not allow.
  if (kind === "Permission" && FILE_PATH.test(message))
    return new HearthError("file-changed", `${names} was moved while it was read`, {
      hint: "Try again.",
      cause: error,
    });
  if (!FILE_KINDS.has(kind)) return undefined;
  if (!FILE_WORDS.test(message) && !FILE_PATH.test(message)) return undefined;
  return new HearthError("data-invalid", `${names} is not a Parquet file, or it is damaged`, {
    cause: error,
  });
}
