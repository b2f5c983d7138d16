import { type AfterRead, applyAfterRead, planAfterRead } from "./after-read.ts";
import type { CacheEntry, MemoBytes, TableCache } from "./cache.ts";
import { discard, schemaOf, streamOf, tableBehind } from "./columns.ts";
import type { ColumnSchema, Table, TableStream } from "./table.ts";

/** What was read. Tables and bytes are shared with other requests: never change them. */
export interface ReadResult {
  readonly schema: readonly ColumnSchema[];
  /** The whole table, when it is in memory; undefined when it must be streamed. */
  readonly table: Table | undefined;
  /** The table as a stream. Any number of times when `table` is there, else once. */
  stream(): TableStream;
  /**
   * Bytes made of this result: those kept since an earlier request for the same unchanged file, with the same wishes,
   * under the same `key`; else those that `make` gives.
   */
  memo<Made extends MemoBytes | Promise<MemoBytes>>(key: string, make: () => Made): MemoBytes | Made;
  /** Parameters that nobody reads, in words. */
  readonly warnings: readonly string[];
}

/** The result of a file that is kept; with what is made of its table kept beside it. */
export function entryResult(
  cache: TableCache,
  entry: CacheEntry,
  after: AfterRead | undefined,
  warnings: readonly string[],
): ReadResult {
  const memo: ReadResult["memo"] = (key, make) => cache.memo(entry, `${after?.key ?? ""}\0${key}`, make);
  return tableResult(entry.table, after, warnings, memo);
}

function tableResult(
  whole: Table,
  after: AfterRead | undefined,
  warnings: readonly string[],
  memo: ReadResult["memo"],
): ReadResult {
  const table = after === undefined ? whole : planAfterRead(after, schemaOf(whole)).apply(whole);
  return { schema: schemaOf(table), table, stream: () => streamOf(table), memo, warnings };
}

/** The result of a stream; of the table behind it where there is one. */
export async function streamResult(
  stream: TableStream,
  after: AfterRead | undefined,
  warnings: readonly string[],
): Promise<ReadResult> {
  const memo: ReadResult["memo"] = (_, make) => make();
  const table = tableBehind(stream);
  if (table !== undefined) return tableResult(table, after, warnings, memo);
  const result = await orDiscard(stream, async () => applyAfterRead(after, stream));
  return { schema: result.schema, table: undefined, stream: () => result, memo, warnings };
}

/** What is not read because the work failed before is not left open. */
export async function orDiscard<T>(stream: TableStream, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await discard(stream);
    throw error;
  }
}
