import type { RecordBatch, Schema } from "apache-arrow";
import { HearthError } from "../../errors.ts";
import { columnOfVector, dtypeOfArrow } from "../arrow/column-of-vector.ts";
import { fileInput } from "../bytes.ts";
import { openSource } from "../open-source.ts";
import type { DataSource, Reader, ReadContext } from "../source.ts";
import type { ColumnSchema, Table, TableStream } from "../table.ts";

/**
 * Arrow's IPC stream, or a file of it (`.arrow`, Feather 2). Read twice: whether an integer column has gaps decides its
 * dtype, and that is known at the end only. Throws `data-invalid`, `data-empty`.
 */
export const arrowReader: Reader = {
  type: "arrow",
  extensions: [".arrows", ".arrow", ".feather"],
  mediaTypes: ["application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"],
  isolation: "always",
  parameters: [],
  options: () => ({}),
  read: readArrow,
};

async function readArrow(source: DataSource, context: ReadContext): Promise<TableStream> {
  const file = await openSource(source, context);
  const { shownPath } = file;
  const damaged = (cause: unknown) => faultOf(shownPath, cause);
  try {
    if (file.stamp.size === 0) throw new HearthError("data-empty", `"${shownPath}" is empty`);
    const input = fileInput(file);
    const open = () => batchesOf(input.open(), context.signal, damaged);
    const schema = await readSchema(open());
    return { schema, batches: tables(open(), schema, () => file.close()) };
  } catch (error) {
    file.close();
    throw error;
  }
}

function faultOf(shownPath: string, cause: unknown): HearthError {
  if (!/codec/i.test(String(cause))) {
    return new HearthError("data-invalid", `"${shownPath}" is not Arrow IPC data, or it is damaged`, {
      cause,
    });
  }
  return new HearthError("data-invalid", `"${shownPath}" holds compressed batches, which are not read`, {
    hint: "Write it without compression, or as Parquet.",
    cause,
  });
}

type Item = { readonly schema: Schema } | { readonly batch: RecordBatch };

async function* batchesOf(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  damaged: (cause: unknown) => HearthError,
): AsyncGenerator<Item> {
  // Loaded on first use: it takes 100 ms.
  const { RecordBatchReader } = await import("apache-arrow");
  try {
    const reader = await RecordBatchReader.from(bytes);
    await reader.open();
    // Text is taken for Arrow's JSON, in which a schema may be missing.
    const schema = reader.schema as Schema | undefined;
    if (schema === undefined) throw new Error("there is no schema");
    yield { schema };
    for await (const batch of reader) {
      signal.throwIfAborted();
      yield { batch };
    }
  } catch (error) {
    if (error instanceof HearthError || signal.aborted) throw error;
    throw damaged(error);
  }
}

async function readSchema(items: AsyncIterable<Item>): Promise<ColumnSchema[]> {
  let fields: Schema["fields"] = [];
  let gaps: boolean[] = [];
  for await (const item of items) {
    if ("schema" in item) {
      ({ fields } = item.schema);
      gaps = fields.map(() => false);
    } else {
      gaps = gaps.map((hasGaps, index) => hasGaps || (item.batch.getChildAt(index)?.nullCount ?? 0) > 0);
    }
  }
  return fields.map(({ name, type }, index) => ({
    name,
    dtype: dtypeOfArrow(type, name, gaps[index] === true),
  }));
}

async function* tables(
  items: AsyncIterable<Item>,
  schema: readonly ColumnSchema[],
  close: () => void,
): AsyncGenerator<Table> {
  try {
    for await (const item of items) {
      if ("schema" in item) continue;
      const { batch } = item;
      const columns = schema.map(({ name, dtype }, index) => {
        const vector = batch.getChildAt(index);
        if (vector === null) throw new HearthError("data-invalid", `A batch has no column "${name}"`);
        return columnOfVector(String(name), dtype, vector);
      });
      yield { columns, rows: batch.numRows };
    }
  } finally {
    close();
  }
}
