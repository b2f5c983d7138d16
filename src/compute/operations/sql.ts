import type { Operation } from "../operation.ts";
import { textParam } from "../params.ts";

/** A query over the tables of the request. */
export const sql: Operation = {
  name: "sql",
  summary: "Runs a query that reads the request's tables: `data`, or the names in `sources`.",
  parameters: { query: "one SELECT statement in DuckDB's SQL; may begin with FROM" },
  needsNoData: true,
  async run(params, input) {
    const query = textParam(params, "query", "an SQL query (a text)");
    const session = await input.open();
    return session.userQuery("params.query", query);
  },
};
