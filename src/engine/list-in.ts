import type { DuckDBValue } from "@duckdb/node-api";
import { type Cell, type Column, WholeFloat } from "../data/table.ts";
import type { DuckDB } from "./duckdb.ts";
import type { Fill } from "./vector-in.ts";

/** What the lists of a column hold. */
export type ListItem = "integer" | "number" | "boolean" | "text";

/** Puts lists of one kind of value into a vector, by the library's own (slower) way. */
export function fillList(api: DuckDB["api"], item: ListItem): Fill {
  return (_raw, vector, column, from, count) => {
    const type = api.LIST(itemTypes(api)[item]);
    const target = api.DuckDBVector.create(vector, count, type);
    for (let i = 0; i < count; i += 1) {
      const list = (column as Extract<Column, { kind: "mixed" }>).values[from + i] ?? null;
      target.setItem(
        i,
        list === null ? null : api.listValue((list as readonly Cell[]).map((cell) => valueOf(cell, item))),
      );
    }
    target.flush();
  };
}

function itemTypes(api: DuckDB["api"]) {
  return { integer: api.BIGINT, number: api.DOUBLE, boolean: api.BOOLEAN, text: api.VARCHAR };
}

function valueOf(cell: Cell, item: ListItem): DuckDBValue {
  if (cell === null) return null;
  if (item === "integer") return BigInt(cell as number | bigint);
  if (item === "number") return cell instanceof WholeFloat ? cell.value : Number(cell);
  return cell as string | boolean;
}
