import type { TableStream } from "../data/table.ts";
import type { HearthError } from "../errors.ts";
import { openDatabase } from "./database.ts";
import { parseEngineError } from "./engine-error.ts";
import { faultOf } from "./fault.ts";
import { Limits } from "./limits.ts";
import { streamResult } from "./result.ts";
import type { Wanted } from "./retype.ts";
import { PROCESS_SLOTS } from "./slots.ts";
import { quoteText } from "./sql-text.ts";
import { checkComplete, READ_ONLY } from "./stream-end.ts";

/** Reading a file by the engine: SQL that is all our own, in a database made for it and freed after. */
export interface FileQuery {
  readonly sql: string;
  readonly wanted?: ((names: readonly string[]) => readonly Wanted[]) | undefined;
  readonly signal: AbortSignal;
  /** Bytes. */
  readonly memoryLimit: number;
  /** The failure for a file that is not what it should be; for the log it gets the engine's words. */
  readonly broken: (cause: unknown) => HearthError;
}

/** Kinds of failure that are not the file's. */
const NOT_THE_FILE = new Set(["Out of Memory", "INTERRUPT", "INTERNAL", "FATAL"]);

/**
 * Streams the rows of a file. Throws what `broken` makes, `memory-limit`, `request-cancelled`, `engine-unavailable`,
 * `internal`.
 */
export async function queryFile({
  sql,
  wanted,
  signal,
  memoryLimit,
  broken,
}: FileQuery): Promise<TableStream> {
  const database = await openDatabase({ memoryLimitBytes: memoryLimit, reachesFiles: true });
  const connection = await database.connect();
  const limits = new Limits({
    slots: PROCESS_SLOTS,
    signal,
    timeLimitSeconds: 0,
    interrupt: () => connection.interrupt(),
  });
  const done = async () => {
    connection.closeSync();
    await database.close();
  };
  const run = <T>(work: () => Promise<T>) =>
    limits.run(() => work().catch((error: unknown) => Promise.reject(fault(error))));
  const fault = (error: unknown) =>
    NOT_THE_FILE.has(parseEngineError(error).kind) ? faultOf(error) : broken(error);
  const start = async () => {
    await connection.run(READ_ONLY);
    return connection.stream(sql);
  };
  const result = await run(start).catch(async (error: unknown) => {
    await done();
    throw error;
  });
  const complete = () => run(() => checkComplete(connection, sql));
  const convert: Limits["convert"] = (work) => limits.convert(work);
  return streamResult(result, { duckdb: database.duckdb, wanted, run, convert, complete, done });
}

/** A path as a text in SQL that means this one file, whatever wildcards are in its name. */
export function quotePath(path: string): string {
  return quoteText(path.replaceAll(/[*?[]/g, (wildcard) => `[${wildcard}]`));
}
