import type * as arrowModule from "apache-arrow";
import type { Data, DataType, RecordBatch, Schema } from "apache-arrow";
import { microsOf } from "../../engine/datetime.ts";
import { HearthError } from "../../errors.ts";
import { cellOf } from "../columns.ts";
import { writeJson } from "../json-write.ts";
import type { Column, ColumnSchema, DType, Table, TableStream } from "../table.ts";
import { TextColumnBuilder } from "../text-column.ts";
import type { Writer } from "../target.ts";

type Arrow = typeof arrowModule;

/**
 * Arrow's IPC stream: Int64, Uint64, Int32, Float64, Bool, Utf8, and timestamps in microseconds without zone. Values
 * that are no texts in an object column are written as JSON text. Throws `data-invalid` for a text that is no datetime.
 */
export const arrowWriter: Writer = {
  type: "arrow",
  extensions: [".arrows", ".arrow"],
  mediaType: "application/vnd.apache.arrow.stream",
  parameters: [],
  options: () => ({}),
  encode,
};

/** The stream's last message: a continuation marker and the length 0. */
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

async function* encode(table: TableStream): AsyncGenerator<Uint8Array> {
  // Loaded on first use: it takes 100 ms.
  const arrow = await import("apache-arrow");
  const schema = schemaOf(arrow, table.schema);
  const head = messagesOf(arrow, new arrow.Table(schema));
  yield head;
  for await (const batch of table.batches) {
    if (batch.rows === 0) continue;
    // The library writes whole streams only, and its queue has no bound: each batch is written as one, and cut out.
    yield messagesOf(arrow, new arrow.Table([recordBatch(arrow, schema, batch)])).subarray(head.length);
  }
  yield END;
}

/** A table's messages without the end of the stream: the schema, then the batches that have rows. */
function messagesOf(arrow: Arrow, table: InstanceType<Arrow["Table"]>): Uint8Array {
  const bytes = arrow.tableToIPC(table, "stream");
  const schemaLength = new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true) + 8;
  // Without rows the library still writes an empty batch.
  return table.numRows === 0 ? bytes.slice(0, schemaLength) : bytes.subarray(0, bytes.length - END.length);
}

function schemaOf(arrow: Arrow, columns: readonly ColumnSchema[]): Schema {
  return new arrow.Schema(
    columns.map(({ name, dtype }) => new arrow.Field(String(name), typeOf(arrow, dtype), true)),
  );
}

function typeOf(arrow: Arrow, dtype: DType): DataType {
  if (dtype === "int64" || dtype === "Int64") return new arrow.Int64();
  if (dtype === "uint64") return new arrow.Uint64();
  if (dtype === "Int32") return new arrow.Int32();
  if (dtype === "float64" || dtype === "Float64") return new arrow.Float64();
  if (dtype === "bool" || dtype === "boolean") return new arrow.Bool();
  return dtype === "object" ? new arrow.Utf8() : new arrow.TimestampMicrosecond();
}

function recordBatch(arrow: Arrow, schema: Schema, batch: Table): RecordBatch {
  const children = batch.columns.map((column, i) =>
    dataOf(arrow, column, (schema.fields[i] as { type: DataType }).type),
  );
  const type = new arrow.Struct(schema.fields);
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length: batch.rows, nullCount: 0, children }));
}

function dataOf(arrow: Arrow, column: Column, type: DataType): Data {
  const { length } = column;
  const isMissing = missingOf(column);
  const nullBitmap = bitmap(length, (row) => !isMissing(row));
  const common = { type, length, nullBitmap: nullBitmap.bytes, nullCount: length - nullBitmap.count };
  if (column.dtype === "object") {
    const { bytes, offsets } = textsOf(column);
    return arrow.makeData({ ...common, type: type as never, valueOffsets: offsets, data: bytes } as never);
  }
  return arrow.makeData({ ...common, data: valuesOf(column, isMissing) } as never);
}

function missingOf(column: Column): (row: number) => boolean {
  if (column.kind === "mixed") return (row) => (column.values[row] ?? null) === null;
  const { valid } = column;
  if (valid !== undefined) return (row) => valid[row] === 0;
  return column.dtype === "float64" && column.kind === "number"
    ? (row) => Number.isNaN(column.values[row])
    : () => false;
}

function bitmap(length: number, isSet: (row: number) => boolean): { bytes: Uint8Array; count: number } {
  const bytes = new Uint8Array(Math.ceil(length / 64) * 8);
  let count = 0;
  for (let row = 0; row < length; row += 1) {
    if (!isSet(row)) continue;
    bytes[row >> 3] = (bytes[row >> 3] as number) | (1 << (row & 7));
    count += 1;
  }
  return { bytes, count };
}

function valuesOf(column: Column, isMissing: (row: number) => boolean): ArrayBufferView {
  const { dtype, length } = column;
  if (dtype === "bool" || dtype === "boolean")
    return bitmap(length, (row) => !isMissing(row) && cellOf(column, row) === true).bytes;
  if (column.kind === "text") return microsColumn(column, isMissing);
  if (column.kind === "mixed")
    throw new HearthError("data-invalid", `Column "${column.name}" is not of dtype ${dtype}`);
  const { values } = column;
  if (dtype === "float64" || dtype === "Float64") return values;
  if (dtype === "Int32") return Int32Array.from(values as Float64Array);
  const whole = dtype === "uint64" ? new BigUint64Array(length) : new BigInt64Array(length);
  for (let row = 0; row < length; row += 1) whole[row] = BigInt(values[row] as number | bigint);
  return whole;
}

function microsColumn(column: Column, isMissing: (row: number) => boolean): BigInt64Array {
  return BigInt64Array.from({ length: column.length }, (_, row) => {
    if (isMissing(row)) return 0n;
    const text = String(cellOf(column, row));
    const micros = microsOf(text);
    if (micros === undefined)
      throw new HearthError("data-invalid", `"${text}" in column "${column.name}" is no datetime`);
    return micros;
  });
}

/** UTF-8 bytes with offsets that begin at 0, as Arrow wants them. */
function textsOf(column: Column): { bytes: Uint8Array; offsets: Int32Array } {
  if (column.kind === "text") {
    const start = column.offsets[0] as number;
    const bytes = column.bytes.subarray(start, column.offsets[column.length]);
    return {
      bytes,
      offsets: Int32Array.from(column.offsets.subarray(0, column.length + 1), (offset) => offset - start),
    };
  }
  const texts = new TextColumnBuilder(column.length);
  for (let row = 0; row < column.length; row += 1) {
    const cell = cellOf(column, row);
    texts.add(cell === null || typeof cell === "string" ? cell : writeJson(cell));
  }
  const built = texts.build("");
  return { bytes: built.bytes, offsets: Int32Array.from(built.offsets) };
}
