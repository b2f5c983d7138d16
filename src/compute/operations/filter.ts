import { quoteName } from "../../engine/sql-text.ts";
import type { Operation } from "../operation.ts";
import { textParam } from "../params.ts";
import { SqlBuilder } from "../sql-builder.ts";
import { withMain } from "../with-main.ts";

/** The rows for which a condition is true, in their order. */
export const filter: Operation = {
  name: "filter",
  summary: "Keeps the rows for which a condition is true; their order, types and columns stay.",
  parameters: { where: "an SQL expression, such as `age > 30 and city = 'Oslo'`" },
  async run(params, input) {
    const where = textParam(params, "where", "an SQL expression (a text)");
    return withMain(input, async (session, table) => {
      await session.checkExpression("params.where", where);
      const sql = new SqlBuilder()
        .add(`SELECT * FROM ${quoteName(table.name)} WHERE `)
        .expression("params.where", where);
      return session.query(sql, table.columns);
    });
  },
};
