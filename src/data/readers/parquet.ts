import { queryFile, quotePath } from "../../engine/query-file.ts";
import { closingAfter } from "../columns.ts";
import { HearthError } from "../../errors.ts";
import { openSource } from "../open-source.ts";
import type { DataSource, Reader, ReadContext } from "../source.ts";
import type { TableStream } from "../table.ts";

/**
 * A Parquet file. Integers are int64 (Int64 with missing values), dates ISO text, moments datetime64[ns] in UTC, lists
 * and structs nested values; small files come whole, larger ones in batches. Throws `data-invalid` for a file that is
 * no Parquet file or broken, `data-empty` for one without bytes.
 */
export const parquetReader: Reader = {
  type: "parquet",
  extensions: [".parquet", ".pq"],
  mediaTypes: ["application/vnd.apache.parquet"],
  parameters: [],
  options: () => ({}),
  read: readParquet,
};

async function readParquet(source: DataSource, context: ReadContext): Promise<TableStream> {
  const file = await openSource(source, context);
  const { shownPath } = file;
  try {
    if (file.stamp.size === 0) throw new HearthError("data-empty", `"${shownPath}" is empty`);
    const { schema, batches } = await queryFile({
      sql: `SELECT * FROM read_parquet(${quotePath(file.nativePath)})`,
      signal: context.signal,
      memoryLimit: context.memoryLimit,
      broken: (cause) =>
        new HearthError("data-invalid", `"${shownPath}" is not a Parquet file, or it is damaged`, { cause }),
    });
    return { schema, batches: closingAfter(batches, () => file.close()) };
  } catch (error) {
    file.close();
    throw error;
  }
}
