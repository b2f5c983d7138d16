import { HearthError } from "../../errors.ts";
import { quoteName } from "../../engine/sql-text.ts";
import type { Operation } from "../operation.ts";
import { expressionsParam, findColumns, namesParam, paramFault } from "../params.ts";
import { SqlBuilder } from "../sql-builder.ts";
import { withMain } from "../with-main.ts";

/** One row for each group. */
export const aggregate: Operation = {
  name: "aggregate",
  summary: "One row for each group, sorted by the group's columns (missing last, as a group of its own).",
  parameters: {
    by: "a column name or a list of them; absent: all rows are one group",
    measures: 'an object {NAME: SQL aggregate}, such as {"total": "sum(amount)", "rows": "count(*)"}',
  },
  async run(params, input) {
    const by = namesParam(params, "by") ?? [];
    const measures =
      params["measures"] === undefined && by.length > 0 ? [] : expressionsParam(params, "measures");
    if (by.length + measures.length === 0)
      throw paramFault("measures", "an object with at least one measure", params["measures"]);
    checkNames(by, measures);
    return withMain(input, async (session, table) => {
      const groups = findColumns(table, by, "by");
      for (const [name, text] of measures) await session.checkExpression(`params.measures.${name}`, text);
      const keys = groups.map(({ sqlName }) => `${quoteName(table.name)}.${quoteName(sqlName)}`);
      const sql = new SqlBuilder().add(
        `SELECT ${keys.join(", ")}${keys.length > 0 && measures.length > 0 ? ", " : ""}`,
      );
      sql.list(measures, ([name, text]) => sql.expression(`params.measures.${name}`, text));
      sql.add(` FROM ${quoteName(table.name)} GROUP BY ${keys.length > 0 ? keys.join(", ") : "()"}`);
      if (keys.length > 0) sql.add(` ORDER BY ${keys.map((key) => `${key} NULLS LAST`).join(", ")}`);
      return session.query(sql, [...groups, ...measures.map(([name]) => ({ name }))]);
    });
  },
};

function checkNames(by: readonly string[], measures: readonly [string, string][]): void {
  const names = [...by, ...measures.map(([name]) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new HearthError("request-invalid", `The result would have two columns "${twice}"`);
}
