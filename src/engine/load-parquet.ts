import type { DuckDBConnection } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";
import type { DuckDB } from "./duckdb.ts";
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
  duckdb: DuckDB,
  connection: DuckDBConnection,
  name: string,
  { parquetPath }: ParquetFile,
): Promise<LoadedTable> {
  const view = quoteName(name);
  const source = `read_parquet(${quotePath(parquetPath)})`;
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

/** Kinds of failure that come of what stands in a file. */
const FILE_KINDS = new Set(["IO", "Invalid Input", "Serialization"]);

/** How the engine's words show that it was a Parquet file it stumbled over. */
const FILE_WORDS =
  /parquet|thrift|tprotocol|decompress|snappy|zstd|gzip|brotli|lz4|footer|\/proc\/(?:\d+|self)\/fd\//i;

/** `data-invalid` for a failure that is the file's; undefined for any other. Of several files all are named. */
export function parquetFault(error: unknown, files: readonly ParquetFile[]): HearthError | undefined {
  if (files.length === 0 || error instanceof HearthError) return undefined;
  const { kind, message } = parseEngineError(error);
  if (!FILE_KINDS.has(kind) || !FILE_WORDS.test(message)) return undefined;
  const names = files.map(({ shownPath }) => `"${shownPath}"`).join(" or ");
  return new HearthError("data-invalid", `${names} is not a Parquet file, or it is damaged`, {
    cause: error,
  });
}
