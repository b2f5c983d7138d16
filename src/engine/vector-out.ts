import type { DuckDBType } from "@duckdb/node-api";
import { TextColumnBuilder } from "../data/text-column.ts";
import type { Column, DType } from "../data/table.ts";
import { isoDay, isoMoment } from "./datetime.ts";
import type { DuckDB } from "./duckdb.ts";
import { readBigInts, readDecimals, readHugeInts, smallIntReader } from "./number-out.ts";
import type { RawVector } from "./raw-vector.ts";
import { readCells, readOddTexts, readTexts } from "./value-out.ts";

/** How a column comes out of the engine: the dtype it has by nature, and the reader of one vector; `turn` as of `Limits.convert`. */
export interface OutputType {
  readonly dtype: DType;
  /** The column may hold missing values that `dtype` cannot say; this one can. */
  readonly nullable: DType;
  readonly read: (vector: RawVector, turn: () => Promise<void>) => Column | Promise<Column>;
}

/** The reader for each of the engine's types (see `README.md` beside this file for the table). */
export function outputType({ api }: DuckDB, type: DuckDBType): OutputType {
  const { DuckDBTypeId: id } = api;
  const integer = smallIntReader(api, type.typeId);
  if (integer !== undefined) return { dtype: "int64", nullable: "Int64", read: integer };
  switch (type.typeId) {
    case id.BIGINT:
      return { dtype: "int64", nullable: "Int64", read: readBigInts };
    case id.UBIGINT:
      return { dtype: "uint64", nullable: "uint64", read: readBigInts };
    case id.HUGEINT:
    case id.UHUGEINT:
      return { dtype: "int64", nullable: "Int64", read: readHugeInts };
    case id.DOUBLE:
    case id.FLOAT:
    case id.DECIMAL:
      return { dtype: "float64", nullable: "float64", read: readDecimals };
    case id.BOOLEAN:
      return { dtype: "bool", nullable: "boolean", read: readBooleans };
    case id.TIMESTAMP:
    case id.TIMESTAMP_TZ:
      return momentType(1e6);
    case id.TIMESTAMP_S:
      return momentType(1);
    case id.TIMESTAMP_MS:
      return momentType(1e3);
    case id.TIMESTAMP_NS:
      return momentType(1e9);
    case id.DATE:
      return textType((raw) => readFormatted(raw, 4, (view, at) => isoDay(view.getInt32(at, true))));
    case id.VARCHAR:
      return textType(type.alias === "JSON" ? readCells : readTexts);
    case id.LIST:
    case id.STRUCT:
    case id.MAP:
    case id.ARRAY:
    case id.UNION:
    case id.VARIANT:
      return textType(readCells);
    default:
      return textType(readOddTexts);
  }
}

function textType(read: OutputType["read"]): OutputType {
  return { dtype: "object", nullable: "object", read };
}

function momentType(perSecond: number): OutputType {
  const format = (view: DataView, at: number) => isoMoment(view.getBigInt64(at, true), perSecond);
  const read = (raw: RawVector) => ({ ...readFormatted(raw, 8, format), dtype: "datetime64[ns]" }) as Column;
  return { dtype: "datetime64[ns]", nullable: "datetime64[ns]", read };
}

function readFormatted(
  raw: RawVector,
  width: number,
  format: (view: DataView, at: number) => string,
): Column {
  const view = raw.bytes(width);
  const texts = new TextColumnBuilder(raw.rows, 20);
  for (let row = 0; row < raw.rows; row += 1)
    texts.add(raw.valid?.[row] === 0 ? null : format(view, row * width));
  return texts.build("");
}

function readBooleans(raw: RawVector): Column {
  const view = raw.bytes(1);
  const values = new Uint8Array(raw.rows);
  for (let row = 0; row < raw.rows; row += 1) values[row] = raw.valid?.[row] === 0 ? 0 : view.getUint8(row);
  return { kind: "bool", dtype: "bool", name: "", length: raw.rows, values, valid: raw.valid };
}
