import { emptyFile, headerBehindEnd } from "./faults.ts";
import { columnNames } from "./names.ts";
import type { RecordReader } from "./read-records.ts";

/** What the beginning of a file says about the records behind it. */
export interface CsvHead {
  readonly columns: readonly CsvColumnName[];
  /** Cells of every record before the first column: row labels, which have no name and are not kept. */
  readonly labels: number;
  /** Cells of every record. */
  readonly width: number;
}

export interface CsvColumnName {
  readonly name: string | number;
  /** As in the file, before a repeated name got its number. */
  readonly written: string;
}

/**
 * Reads up to the header and looks at the record behind it: when that has more cells than the header, the first ones are
 * row labels. Throws `data-empty` and `data-invalid`.
 */
export async function readHead(reader: RecordReader, file: string, header: number | null): Promise<CsvHead> {
  if (header === null) return numberedColumns(await reader.countNextCells(), file);
  const names = await readHeader(reader, file, header);
  const written = columnNames(names);
  const cells = await reader.countNextCells();
  const columns = written.map((name, at) => ({ name, written: names[at] as string }));
  return { columns, labels: Math.max(0, cells - names.length), width: Math.max(cells, names.length) };
}

/** Passes over the records before the header and the header itself: for a second reading. */
export async function skipHead(reader: RecordReader, header: number | null): Promise<void> {
  const records = header === null ? 0 : header + 1;
  for (let at = 0; at < records; at += 1) await reader.readRecord();
}

async function readHeader(reader: RecordReader, file: string, header: number): Promise<readonly string[]> {
  for (let at = 0; ; at += 1) {
    const record = await reader.readRecord();
    if (record === undefined) throw at === 0 ? emptyFile(file) : headerBehindEnd(file, header, at);
    if (at === header) return record;
  }
}

function numberedColumns(count: number, file: string): CsvHead {
  if (count === 0) throw emptyFile(file);
  const columns = Array.from({ length: count }, (_, name) => ({ name, written: String(name) }));
  return { columns, labels: 0, width: count };
}
