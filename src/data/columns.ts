import { HearthError } from "../errors.ts";
import { inTurns } from "../turns.ts";
import { concatTableSteps } from "./table-concat.ts";
import { sizeSteps } from "./table-size.ts";
import type { Column, ColumnSchema, Table, TableStream } from "./table.ts";

// The one address for what makes and takes apart tables; each topic has its own file.
export { columnFromCells } from "./infer-column.ts";
export { tableFromRecords } from "./records.ts";
export { concatTables, emptyColumn } from "./table-concat.ts";
export { cellOf, selectRows, sliceRows } from "./table-rows.ts";
export { sizeOf } from "./table-size.ts";
export { missingColumn } from "./text-column.ts";

/** A table of these columns, which must be of one length. Throws `data-invalid` when they are not. */
export function tableFromColumns(columns: readonly Column[]): Table {
  const rows = columns[0]?.length ?? 0;
  const odd = columns.find((column) => column.length !== rows);
  if (odd === undefined) return { columns, rows };
  const message = `Column "${odd.name}" has ${odd.length} values, "${columns[0]?.name}" has ${rows}`;
  throw new HearthError("data-invalid", message);
}

/** Name and dtype of each column. */
export function schemaOf(table: Table): ColumnSchema[] {
  return table.columns.map(({ name, dtype }) => ({ name, dtype }));
}

/** The tables behind streams that `streamOf` made. */
const tables = new WeakMap<TableStream, Table>();

/** A table as a stream of one batch; may be read any number of times. */
export function streamOf(table: Table): TableStream {
  const stream: TableStream = {
    schema: schemaOf(table),
    batches: {
      async *[Symbol.asyncIterator]() {
        yield table;
      },
    },
  };
  tables.set(stream, table);
  return stream;
}

/** The table that a stream was made of by `streamOf`; undefined for any other stream. */
export function tableBehind(stream: TableStream): Table | undefined {
  return tables.get(stream);
}

/**
 * Breaks off a stream that nobody will read: what lies behind it (open files, queries) is freed. Its first batch is
 * asked for, since a generator that never began would not clean up after itself.
 */
export async function discard(stream: TableStream): Promise<void> {
  if (tables.has(stream)) return;
  try {
    for await (const _ of stream.batches) return;
  } catch {
    // It failed before anybody read it: it is ended all the same
  }
}

/**
 * Reads a stream to its end into one table. Throws `data-too-large`, and breaks the stream off, when its tables take
 * more than `limitBytes` together.
 */
export async function collect(stream: TableStream, limitBytes: number): Promise<Table> {
  const table = await collectWithin(stream, limitBytes);
  if (table !== undefined) return table;
  throw tooManyBytes(limitBytes);
}

/** `data-too-large` for a table that takes more memory than it may. */
export function tooManyBytes(limitBytes: number): HearthError {
  const message = `The table takes more than ${Math.floor(limitBytes / 2 ** 20)} MiB`;
  return new HearthError("data-too-large", message, {
    hint: "Select fewer columns or rows, or raise cacheLimit: one table may take half of it.",
  });
}

/** As `collect`; undefined when the table is too large. */
export async function collectWithin(stream: TableStream, limitBytes: number): Promise<Table | undefined> {
  const batches: Table[] = [];
  let size = 0;
  for await (const batch of stream.batches) {
    size += await inTurns(sizeSteps(batch));
    if (size > limitBytes) return undefined;
    batches.push(batch);
  }
  return inTurns(concatTableSteps(stream.schema, batches));
}

/** The same batches; `close` is called when they are at their end, or nobody wants more. */
export async function* closingAfter(batches: AsyncIterable<Table>, close: () => void): AsyncGenerator<Table> {
  try {
    yield* batches;
  } finally {
    close();
  }
}
