import { closingAfter } from "../columns.ts";
import type { OpenedFile } from "../../access/files.ts";
import { type ByteInput, fileInput } from "../bytes.ts";
import { changedWhileRead } from "../csv/faults.ts";
import { CSV_PARAMETERS, type CsvOptions, csvOptionsRecord, parseCsvOptions } from "../csv/options.ts";
import { scanCsv } from "../csv/scan-csv.ts";
import { openSource } from "../open-source.ts";
import { sameStamp } from "../same-stamp.ts";
import type { DataSource, Reader, ReadContext } from "../source.ts";
import type { TableStream } from "../table.ts";

/** Comma separated values, typed as pandas types them, or by the engine. */
export const csvReader = createCsvReader("csv", [".csv"], "text/csv", ",");

/** The same, with tabs unless `delimiter` says otherwise. */
export const tsvReader = createCsvReader("tsv", [".tsv"], "text/tab-separated-values", "\t");

function createCsvReader(
  type: string,
  extensions: readonly string[],
  mediaType: string,
  defaultDelimiter: string,
): Reader {
  return {
    type,
    extensions,
    mediaTypes: [mediaType],
    parameters: CSV_PARAMETERS,
    options: (source) => csvOptionsRecord(parseCsvOptions(source, defaultDelimiter)),
    read: (source, context) => readCsv(source, context, defaultDelimiter),
  };
}

async function readCsv(
  source: DataSource,
  context: ReadContext,
  defaultDelimiter: string,
): Promise<TableStream> {
  const options = parseCsvOptions(source, defaultDelimiter);
  const file = await openSource(source, context);
  if (options.infer === "engine") return readByEngine(file, options, context);
  try {
    return await scanCsv(reopenable(file, source, context), options, context);
  } finally {
    file.close();
  }
}

async function readByEngine(
  file: OpenedFile,
  options: CsvOptions,
  context: ReadContext,
): Promise<TableStream> {
  try {
    const { readCsvByEngine } = await import("../../engine/read-csv.ts");
    const { schema, batches } = await readCsvByEngine(file, options, context);
    return { schema, batches: closingAfter(batches, () => file.close()) };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Reads what is open the first time, and opens it anew after that: a stream that nobody takes then holds nothing. */
function reopenable(file: OpenedFile, source: DataSource, context: ReadContext): ByteInput {
  const first = fileInput(file);
  let isFirst = true;
  const open = () => {
    if (!isFirst) return readAnew(file, source, context);
    isFirst = false;
    return first.open();
  };
  return { ...first, open };
}

async function* readAnew(
  known: OpenedFile,
  source: DataSource,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const file = await openSource(source, context);
  try {
    if (!sameStamp(known.stamp, file.stamp)) throw changedWhileRead(file.shownPath);
    yield* fileInput(file).open();
  } finally {
    file.close();
  }
}
