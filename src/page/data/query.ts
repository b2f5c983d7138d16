import { inWrittenWords, writtenSql, type WrittenSql } from "../../written-sql.ts";
import { ApiError, call } from "../api.ts";

/** One value of a row as JSON gives it. */
export type Value = unknown;
export type Row = Readonly<Record<string, Value>>;

export interface Column {
  readonly name: string;
  /** DuckDB's name of its type. */
  readonly type: string;
}

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Runs some SQL over a file, which it sees as `data`. Throws `ApiError`. */
export async function run(
  filename: string,
  written: WrittenSql | string,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await ask(filename, written, undefined, signal);
  const { result } = parseExactly(await response.text()) as { result: { columns: string[]; records: Row[] } };
  return { columns: result.columns, rows: result.records };
}

/** The same as a file in another format. */
export async function download(filename: string, written: WrittenSql, format: string): Promise<Blob> {
  return await (await ask(filename, written, format)).blob();
}

async function ask(
  filename: string,
  given: WrittenSql | string,
  format?: string,
  signal?: AbortSignal,
): Promise<Response> {
  const written = typeof given === "string" ? writtenSql(given) : given;
  const query = format === undefined ? "" : `?format=${format}`;
  try {
    return await call(`/api/compute${query}`, {
      body: { operation: "sql", data_source: { type: "auto", filename }, params: { query: written.sql } },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof ApiError) error.message = inWrittenWords(error.message, written);
    throw error;
  }
}

/** Whole numbers that JavaScript's would round stay as they are written. */
function parseExactly(text: string): unknown {
  const reviver = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context?.source ?? 0)
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** A value as a cell shows it. */
export function cellText(value: Value): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;
const TIME = /^(?:DATE|TIMESTAMP.*)$/;

/** What a column's type is good for. */
export function kindOf({ type }: Column): "number" | "time" | "other" {
  if (NUMBER.test(type)) return "number";
  return TIME.test(type) ? "time" : "other";
}
