import type { DuckDBType } from "@duckdb/node-api";
import { type Cell, type Column, WholeFloat } from "../data/table.ts";
import type { DuckDB } from "./duckdb.ts";
import {
  fillBigInt,
  fillBoolean,
  fillDouble,
  fillInteger,
  fillJson,
  fillText,
  fillTimestamp,
  type Fill,
} from "./vector-in.ts";
import { fillList, type ListItem } from "./list-in.ts";

/** How a column goes into the engine. */
export interface InputType {
  /** The type in CREATE TABLE. */
  readonly sql: string;
  readonly type: DuckDBType;
  readonly fill: Fill;
}

/**
 * The engine's type for a column: by its dtype, and for mixed values by what they are. All whole numbers: BIGINT; all
 * numbers: DOUBLE; all booleans: BOOLEAN; all texts: VARCHAR; all lists of values of one such kind: a LIST of that; all
 * else JSON, so that nothing is lost and `value->>'$.key'` reaches inside.
 */
export function inputType(api: DuckDB["api"], column: Column): InputType {
  if (column.kind === "mixed") return mixedType(api, column.values);
  if (column.kind === "bool") return { sql: "BOOLEAN", type: api.BOOLEAN, fill: fillBoolean };
  if (column.kind === "text") {
    if (column.dtype === "object") return { sql: "VARCHAR", type: api.VARCHAR, fill: fillText };
    return { sql: "TIMESTAMP", type: api.TIMESTAMP, fill: fillTimestamp };
  }
  if (column.dtype === "uint64") return { sql: "UBIGINT", type: api.UBIGINT, fill: fillBigInt };
  if (column.dtype === "Int32") return { sql: "INTEGER", type: api.INTEGER, fill: fillInteger };
  if (column.dtype === "int64" || column.dtype === "Int64")
    return { sql: "BIGINT", type: api.BIGINT, fill: fillBigInt };
  return { sql: "DOUBLE", type: api.DOUBLE, fill: fillDouble };
}

function mixedType(api: DuckDB["api"], cells: readonly Cell[]): InputType {
  const kind = commonKind(cells);
  if (kind === "integer") return { sql: "BIGINT", type: api.BIGINT, fill: fillBigInt };
  if (kind === "number") return { sql: "DOUBLE", type: api.DOUBLE, fill: fillDouble };
  if (kind === "boolean") return { sql: "BOOLEAN", type: api.BOOLEAN, fill: fillBoolean };
  if (kind === "text" || kind === undefined) return { sql: "VARCHAR", type: api.VARCHAR, fill: fillText };
  const item =
    kind === "list"
      ? commonKind((cells as readonly (readonly Cell[] | null)[]).flatMap((cell) => cell ?? []))
      : kind;
  if (kind === "list" && item !== "list" && item !== "other") return listType(api, item ?? "text");
  return { sql: "JSON", type: api.VARCHAR, fill: fillJson };
}

const LIST_SQL = { integer: "BIGINT", number: "DOUBLE", boolean: "BOOLEAN", text: "VARCHAR" } as const;

function listType(api: DuckDB["api"], item: ListItem): InputType {
  const sql = LIST_SQL[item];
  return { sql: `${sql}[]`, type: api.LIST(api[sql]), fill: fillList(api, item) };
}

/** The kind that all present cells share; undefined when there is none. */
function commonKind(cells: readonly Cell[]): ListItem | "list" | "other" | undefined {
  const kinds = new Set<ReturnType<typeof kindOf>>();
  for (const cell of cells) {
    if (cell !== null && cell !== undefined) kinds.add(kindOf(cell));
  }
  if (kinds.size === 2 && kinds.has("integer") && kinds.has("number")) return "number";
  return kinds.size > 1 ? "other" : [...kinds][0];
}

function kindOf(cell: Cell): ListItem | "list" | "other" {
  if (typeof cell === "string") return "text";
  if (typeof cell === "boolean") return "boolean";
  if (typeof cell === "bigint") return BigInt.asIntN(64, cell) === cell ? "integer" : "other";
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? "integer" : "number";
  if (cell instanceof WholeFloat) return "number";
  return Array.isArray(cell) ? "list" : "other";
}
