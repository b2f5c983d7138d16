import { quoteName } from "../../engine/sql-text.ts";
import type { Operation } from "../operation.ts";
import { expressionsParam } from "../params.ts";
import { SqlBuilder } from "../sql-builder.ts";
import { withMain } from "../with-main.ts";

/** Further columns, computed row by row. */
export const add: Operation = {
  name: "add",
  summary: "Adds computed columns, or replaces those of the same name; rows keep their order.",
  parameters: {
    columns:
      "an object {NAME: SQL expression}; an expression sees the columns as they were, and new ones before it",
  },
  async run(params, input) {
    const added = expressionsParam(params, "columns");
    return withMain(input, async (session, table) => {
      for (const [name, text] of added) await session.checkExpression(`params.columns.${name}`, text);
      const byName = new Map(added);
      const old = new Set(table.columns.map(({ name }) => String(name)));
      const fresh = added.filter(([name]) => !old.has(name));
      const sql = new SqlBuilder().add("SELECT ");
      sql.list(table.columns, ({ name, sqlName }) => {
        const text = byName.get(String(name));
        // With the table's name before it, a kept column is not mistaken for a new one of that name.
        if (text === undefined) sql.add(`${quoteName(table.name)}.${quoteName(sqlName)}`);
        else sql.expression(`params.columns.${name}`, text);
      });
      for (const [name, text] of fresh)
        sql
          .add(", ")
          .expression(`params.columns.${name}`, text)
          .add(` AS ${quoteName(name)}`);
      sql.add(` FROM ${quoteName(table.name)}`);
      const kept = table.columns.map(({ name, dtype }) =>
        byName.has(String(name)) ? { name } : { name, dtype },
      );
      return session.query(sql, [...kept, ...fresh.map(([name]) => ({ name }))]);
    });
  },
};
