import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableStream } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Database } from "./database.ts";
import { checkExpression } from "./expression.ts";
import { checkTree } from "./guard.ts";
import type { Limits } from "./limits.ts";
import type { LoadedTable } from "./load.ts";
import { parseQuery } from "./parse.ts";
import type { RevocablePlace } from "../revocable-slots.ts";
import type { Origin } from "./position.ts";
import { streamResult } from "./result.ts";
import type { Wanted } from "./retype.ts";
import { AGAIN, checkComplete, READ_ONLY } from "./stream-end.ts";

/** Some tables in a locked database, and one connection to ask about them. Ends with its query's stream. */
export interface Session {
  readonly tables: readonly LoadedTable[];
  /**
   * Runs a caller's query. Throws `query-refused`, `query-invalid`, `column-unknown`, `query-failed`, `memory-limit`,
   * `time-limit`, `data-too-large`, `too-busy`, `request-cancelled`.
   *
   * @param label what the caller calls it, such as `params.query`
   */
  userQuery(label: string, text: string): Promise<TableStream>;
  /** Checks that a caller's text is one expression that may stand in brackets in our SQL. Throws as `userQuery`. */
  checkExpression(label: string, text: string): Promise<void>;
  /** Runs SQL of our own, in which every expression of a caller was checked before. */
  query(sql: SqlText, wanted?: readonly Wanted[]): Promise<TableStream>;
  /** Frees it; a no-op when it has ended already. */
  close(): Promise<void>;
}

/** SQL put together of our own words and callers' texts, which are kept for positions. */
export interface SqlText {
  readonly sql: string;
  readonly origins: readonly Origin[];
}

export interface SessionOptions {
  readonly database: Database;
  readonly connection: DuckDBConnection;
  readonly tables: readonly LoadedTable[];
  readonly limits: Limits;
  /** Gives back the database. */
  readonly release: () => Promise<void>;
}

/** Makes a session of an open database with its tables in it. */
export function createSession({ database, connection, tables, limits, release }: SessionOptions): Session {
  let closing: Promise<void> | undefined;
  let place: RevocablePlace | undefined;
  const close = () => {
    place?.free();
    return (closing ??= end());
  };
  // To close a connection waits for its call, and with it stands the whole event loop.
  const end = async () => {
    const free = async () => {
      connection.closeSync();
      await release();
    };
    if (await limits.end()) await free();
    else
      void limits
        .ended()
        .then(free)
        .catch(() => {});
  };
  const hold = async () => {
    place = await limits.holdResult(() => void close().catch(() => {}));
    if (closing === undefined) return place;
    place.free();
    throw new HearthError("request-cancelled", "The query was closed");
  };
  const names = tables.map(({ name }) => name);
  let begun: Promise<unknown> | undefined;
  const query = async ({ sql, origins }: SqlText, wanted?: readonly Wanted[]) => {
    await (begun ??= limits.run(() => connection.run(READ_ONLY)));
    const result = await limits.run(() => connection.stream(sql), origins);
    const run = <T>(work: () => Promise<T>) => limits.run(work, origins);
    const later = origins.map((origin) => ({ ...origin, start: origin.start + AGAIN.length }));
    const complete = () => limits.run(() => checkComplete(connection, sql), later);
    const convert: Limits["convert"] = (work) => limits.convert(work);
    const { duckdb } = database;
    return streamResult(result, { duckdb, wanted, run, convert, complete, hold, done: close });
  };
  const userQuery = async (label: string, text: string) => {
    const whole = { label, text, start: 0 };
    const { tree, sql, origin } = await limits.run(() => parseQuery(connection, label, text), [whole]);
    checkTree(tree, { tables: names, origin: whole });
    return query({ sql, origins: [origin] });
  };
  return {
    tables,
    userQuery: (label, text) => orClose(userQuery(label, text), close),
    checkExpression: (label, text) =>
      orClose(
        limits.run(() => checkExpression(connection, label, text, names)),
        close,
      ),
    query: (sql, wanted) => orClose(query(sql, wanted), close),
    close,
  };
}

async function orClose<T>(work: Promise<T>, close: () => Promise<void>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await close();
    throw error;
  }
}
