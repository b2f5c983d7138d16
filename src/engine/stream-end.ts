import type { DuckDBConnection } from "@duckdb/node-api";
import { HearthError } from "../errors.ts";

/** Before every stream: other requests share its database, and a failure in its middle shows only in a transaction. */
export const READ_ONLY = "BEGIN TRANSACTION READ ONLY";

/** Put before a query to run it once more without its rows; origins in it lie this much later. */
export const AGAIN = "EXPLAIN ANALYZE ";

/**
 * To be asked when a stream is at its end, in the transaction that `READ_ONLY` began. The engine's bindings (1.5.6) end
 * a stream in the same way when it fails in the middle as when it is complete, without an error; but the failure leaves
 * the transaction aborted. For its words the query is run again.
 *
 * Throws the engine's own failure, with places counted in `AGAIN` and the query; `query-failed` when it fails no more.
 */
export async function checkComplete(connection: DuckDBConnection, sql: string): Promise<void> {
  const isComplete = await connection.run("SELECT 1").then(
    () => true,
    () => false,
  );
  if (isComplete) return;
  await connection.run("ROLLBACK");
  await connection.run(READ_ONLY);
  await connection.run(`${AGAIN}${sql}`);
  throw new HearthError(
    "query-failed",
    "The query failed before its last row, and not when it was run again",
    {
      hint: "Try again; a query that gives other values each time may fail now and then.",
    },
  );
}
