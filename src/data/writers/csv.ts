import { encodeCsv } from "../csv/encode-csv.ts";
import { type CsvDialect, parseCsvDialect } from "../csv/options.ts";
import type { Writer } from "../target.ts";

/** Comma separated values, as pandas writes them. */
export const csvWriter = createCsvWriter("csv", [".csv"], "text/csv", ",");

/** The same, with tabs unless `delimiter` says otherwise. */
export const tsvWriter = createCsvWriter("tsv", [".tsv"], "text/tab-separated-values", "\t");

function createCsvWriter(
  type: string,
  extensions: readonly string[],
  mediaType: string,
  defaultDelimiter: string,
): Writer {
  return {
    type,
    extensions,
    mediaType,
    parameters: ["delimiter", "quotechar"],
    options: (output) => ({ ...parseCsvDialect(output, defaultDelimiter) }),
    encode: (table, options, { signal }) => encodeCsv(table, options as unknown as CsvDialect, signal),
  };
}
