import { quoteName } from "../../engine/sql-text.ts";
import type { Operation, Params } from "../operation.ts";
import { findColumns, namesParam, paramFault } from "../params.ts";
import { numbered, SqlBuilder } from "../sql-builder.ts";
import { withMain } from "../with-main.ts";

/** Rows in order of some columns. */
export const sort: Operation = {
  name: "sort",
  summary: "Sorts by columns: missing values last, texts by code point, equal rows in their old order.",
  parameters: {
    by: "a column name or a list of them",
    descending: "true, or a list with one for each column; default false",
  },
  async run(params, input) {
    const by = namesParam(params, "by");
    if (by === undefined || by.length === 0)
      throw paramFault("by", "a column name or a list of column names", params["by"]);
    const descending = directions(params, by.length);
    return withMain(input, (session, table) => {
      const { from, row } = numbered(table);
      const keys = findColumns(table, by, "by").map(
        ({ sqlName }, i) => `${quoteName(sqlName)} ${descending[i] === true ? "DESC" : "ASC"} NULLS LAST`,
      );
      const columns = table.columns.map(({ sqlName }) => quoteName(sqlName)).join(", ");
      const sql = new SqlBuilder().add(`SELECT ${columns} FROM ${from} ORDER BY ${keys.join(", ")}, ${row}`);
      return session.query(sql, table.columns);
    });
  },
};

function directions(params: Params, count: number): readonly boolean[] {
  const value = params["descending"] ?? false;
  if (typeof value === "boolean") return Array.from({ length: count }, () => value);
  const isList = Array.isArray(value) && value.every((item) => typeof item === "boolean");
  if (isList && value.length === count) return value as boolean[];
  throw paramFault("descending", `true, false, or a list of ${count} of them`, params["descending"]);
}
