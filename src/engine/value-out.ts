import type {
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBType,
  DuckDBUnionType,
  DuckDBValue,
} from "@duckdb/node-api";
import { parseJson, type JsonOrigin } from "../data/json-parse.ts";
import { writeJson } from "../data/json-write.ts";
import { objectFrom } from "../data/json-keys.ts";
import { TextColumnBuilder } from "../data/text-column.ts";
import { type Cell, type Column, WholeFloat } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { isoDay, isoMoment } from "./datetime.ts";
import type { DuckDB } from "./duckdb.ts";
import type { RawVector } from "./raw-vector.ts";

const INLINE_BYTES = 12;

/** What a single value may take: it is converted and sent in one piece, in which time nothing else goes on. */
const MAX_VALUE_BYTES = 64 << 20;
const MAX_LIST_ITEMS = MAX_VALUE_BYTES / 8;

/** Milliseconds of conversion after which others get their turn. */
const TURN_MS = 10;

/** JSON that the engine takes may still be nested deeper than hearth takes. */
const JSON_VALUE: JsonOrigin = { shownName: "A JSON value", code: "query-failed" };

/** Texts, byte by byte as the engine holds them: up to 12 bytes inside its entry, longer ones behind a pointer. */
export function readTexts(raw: RawVector): Column {
  const view = raw.bytes(16);
  const { buffer, byteOffset } = view;
  const entries = new Uint8Array(buffer, byteOffset, view.byteLength);
  const texts = new TextColumnBuilder(raw.rows);
  for (let row = 0; row < raw.rows; row += 1) {
    const at = row * 16;
    const length = view.getUint32(at, true);
    if (raw.valid?.[row] === 0) texts.add(null);
    else if (length <= INLINE_BYTES) texts.addBytes(entries, at + 4, at + 4 + length);
    else {
      checkLength(length);
      const bytes = raw.duckdb.raw.get_data_from_pointer(buffer as ArrayBuffer, byteOffset + at + 8, length);
      texts.addBytes(bytes, 0, length);
    }
  }
  return texts.build("");
}

/** Types without a dtype of their own, as text: UUID, TIME, INTERVAL, ENUM, BIT, big numbers; BLOB as base64. */
export function readOddTexts(raw: RawVector): Column {
  const items = raw.chunk.getColumnVector(raw.index);
  const check = sizeCheck(raw);
  const texts = new TextColumnBuilder(raw.rows, 20);
  for (let row = 0; row < raw.rows; row += 1) {
    if (raw.valid?.[row] !== 0) check?.(row);
    const cell = cellOfValue(raw.duckdb.api, items.getItem(row) as DuckDBValue, raw.type);
    texts.add(cell === null ? null : String(cell));
  }
  return texts.build("");
}

/** Lists, structs, maps and JSON as nested cells. */
export async function readCells(raw: RawVector, turn: () => Promise<void>): Promise<Column> {
  const { api } = raw.duckdb;
  const items = raw.chunk.getColumnVector(raw.index);
  const check = sizeCheck(raw);
  const values: Cell[] = [];
  let turnMs = performance.now();
  for (let row = 0; row < raw.rows; row += 1) {
    if (raw.valid?.[row] !== 0) check?.(row);
    values.push(cellOfValue(api, items.getItem(row) as DuckDBValue, raw.type));
    if (performance.now() - turnMs < TURN_MS) continue;
    await turn();
    turnMs = performance.now();
  }
  return { kind: "mixed", dtype: "object", name: "", length: raw.rows, values };
}

/** Refuses a row's value that is too large, before it is converted. */
function sizeCheck(raw: RawVector): ((row: number) => void) | undefined {
  const { typeId } = raw.type;
  const { DuckDBTypeId: id } = raw.duckdb.api;
  if (typeId !== id.VARCHAR && typeId !== id.BLOB && typeId !== id.LIST) return undefined;
  const entries = raw.bytes(16);
  if (typeId !== id.LIST) return (row) => checkLength(entries.getUint32(row * 16, true));
  return (row) => {
    const items = entries.getBigUint64(row * 16 + 8, true);
    if (items > MAX_LIST_ITEMS) throw valueTooLarge(`has ${items} items`, `${MAX_LIST_ITEMS} items`);
  };
}

function checkLength(bytes: number): void {
  if (bytes > MAX_VALUE_BYTES)
    throw valueTooLarge(`takes ${Math.ceil(bytes / 2 ** 20)} MiB`, `${MAX_VALUE_BYTES / 2 ** 20} MiB`);
}

function valueTooLarge(has: string, limit: string): HearthError {
  return new HearthError("data-too-large", `A single value of the result ${has}; it may have ${limit}`, {
    hint: "Select a part of it, or spread it over rows (unnest).",
  });
}

/** One value of the library as a cell; of a float type whole numbers stay floats. */
function cellOfValue(api: DuckDB["api"], value: DuckDBValue, type: DuckDBType): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return type.alias === "JSON" ? parseJson(value, JSON_VALUE) : value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "number") return nestedCell(api, value, type) ?? plainCell(api, value);
  const { DuckDBTypeId: id } = api;
  return type.typeId === id.DOUBLE || type.typeId === id.FLOAT ? floatCell(value) : value;
}

function floatCell(value: number): Cell {
  if (Number.isInteger(value)) return new WholeFloat(value);
  return Number.isNaN(value) ? null : value;
}

function nestedCell(api: DuckDB["api"], value: DuckDBValue, type: DuckDBType): Cell | undefined {
  if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue) {
    const { valueType } = type as DuckDBListType;
    return value.items.map((item) => cellOfValue(api, item, valueType));
  }
  if (value instanceof api.DuckDBStructValue) {
    const { entryNames, entryTypes } = type as DuckDBStructType;
    const entry = (name: string, i: number) =>
      cellOfValue(api, value.entries[name] ?? null, entryTypes[i] as DuckDBType);
    return objectFrom(entryNames.map((name, i) => [name, entry(name, i)]));
  }
  if (value instanceof api.DuckDBMapValue) {
    const { keyType, valueType } = type as DuckDBMapType;
    const key = (cell: Cell) => (typeof cell === "object" && cell !== null ? writeJson(cell) : String(cell));
    return objectFrom(
      value.entries.map((entry) => [
        key(cellOfValue(api, entry.key, keyType)),
        cellOfValue(api, entry.value, valueType),
      ]),
    );
  }
  if (!(value instanceof api.DuckDBUnionValue)) return undefined;
  return cellOfValue(api, value.value, (type as DuckDBUnionType).memberTypeForTag(value.tag));
}

function plainCell(api: DuckDB["api"], value: DuckDBValue): Cell {
  if (value instanceof api.DuckDBDateValue) return isoDay(value.days);
  if (value instanceof api.DuckDBTimestampValue) return isoMoment(value.micros, 1e6);
  if (value instanceof api.DuckDBTimestampTZValue) return isoMoment(value.micros, 1e6);
  if (value instanceof api.DuckDBTimestampNanosecondsValue) return isoMoment(value.nanos, 1e9);
  if (value instanceof api.DuckDBDecimalValue) return floatCell(value.toDouble());
  if (value instanceof api.DuckDBBlobValue) return Buffer.from(value.bytes).toString("base64");
  return String(value);
}
