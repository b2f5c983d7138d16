import type { OpenedFile } from "../access/files.ts";
import type { ColumnType } from "../data/column-rules.ts";
import type { CsvOptions } from "../data/csv/options.ts";
import type { ReadContext } from "../data/source.ts";
import type { DType, TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { queryFile, quotePath } from "./query-file.ts";
import type { Wanted } from "./retype.ts";
import { quoteText } from "./sql-text.ts";

const ENGINE_TYPES: Readonly<Record<ColumnType, { sql: string; dtype: DType }>> = {
  str_type: { sql: "VARCHAR", dtype: "object" },
  bool_type: { sql: "BOOLEAN", dtype: "boolean" },
  int_type: { sql: "INTEGER", dtype: "Int32" },
  float_type: { sql: "DOUBLE", dtype: "Float64" },
};

/**
 * Reads a CSV file with the engine's own types, dates and times among them (`infer: "engine"`); delimiter, quote and
 * header are the caller's. Compression goes by the name the caller wrote, `.gz` or `.zst`. The file must stay open until
 * the stream has ended; keep it yours to close.
 *
 * Throws `data-invalid` for a file that does not fit, and what `queryFile` throws.
 */
export async function readCsvByEngine(
  file: OpenedFile,
  options: CsvOptions,
  context: ReadContext,
): Promise<TableStream> {
  if (file.stamp.size === 0) throw new HearthError("data-empty", `"${file.shownPath}" is empty`);
  return queryFile({
    sql: `SELECT * FROM read_csv(${quotePath(file.nativePath)}, ${parametersOf(file.shownPath, options)})`,
    wanted: (names) => wantedOf(names, options),
    signal: context.signal,
    memoryLimit: context.memoryLimit,
    broken: (cause) =>
      new HearthError("data-invalid", `"${file.shownPath}" cannot be read as CSV with the engine's types`, {
        hint: "Check delimiter, quotechar and dtypes, or leave out infer.",
        cause,
      }),
  });
}

function parametersOf(shownPath: string, { delimiter, quotechar, header, dtypes }: CsvOptions): string {
  const parameters = [
    `delim = ${quoteText(delimiter)}`,
    `quote = ${quoteText(quotechar)}`,
    `header = ${header !== null}`,
    `skip = ${header ?? 0}`,
    `compression = ${quoteText(compressionOf(shownPath))}`,
  ];
  const types = dtypes.map(({ field, type }) => `${quoteText(field)}: ${quoteText(ENGINE_TYPES[type].sql)}`);
  if (types.length > 0) parameters.push(`types = {${types.join(", ")}}`);
  return parameters.join(", ");
}

/** The opened path has no extension to tell it by. */
function compressionOf(shownPath: string): string {
  if (/\.gz$/i.test(shownPath)) return "gzip";
  return /\.zst$/i.test(shownPath) ? "zstd" : "none";
}

function wantedOf(names: readonly string[], { header, dtypes }: CsvOptions): Wanted[] {
  return names.map((name, position) => {
    const rule = dtypes.find(({ field }) => field === name);
    return { name: header === null ? position : name, dtype: rule && ENGINE_TYPES[rule.type].dtype };
  });
}
