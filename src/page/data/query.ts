import { call } from "../api.ts";

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

/** Which rows of a file are meant: an SQL text over the table `data`. */
export interface Query {
  readonly filename: string;
  /** The whole query that a person wrote; undefined: all of the file. */
  readonly sql: string | undefined;
  /** A condition, as it stands behind `where`. */
  readonly filter: string;
  readonly order: { readonly column: string; readonly isDown: boolean } | undefined;
}

/** A name as SQL takes it, whatever stands in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The SQL of the rows that are meant. */
export function sqlOf({ filter, order, sql }: Query): string {
  // In lines of their own: what was written may end with a comment.
  const from = sql === undefined ? "data" : `(\n${withoutEnd(sql)}\n) as result`;
  const where = filter.trim() === "" ? "" : ` where (\n${filter}\n)`;
  const by =
    order === undefined
      ? ""
      : ` order by ${quoted(order.column)} ${order.isDown ? "desc" : "asc"} nulls last`;
  return `select * from ${from}${where}${by}`;
}

function withoutEnd(sql: string): string {
  return sql.trim().replace(/;\s*$/, "");
}

/** Runs some SQL over a file, which it sees as `data`. Throws `ApiError`. */
export async function run(filename: string, sql: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(filename, sql, undefined, signal);
  const { result } = parseExactly(await response.text()) as { result: { columns: string[]; records: Row[] } };
  return { columns: result.columns, rows: result.records };
}

/** The same as a file in another format. */
export async function download(filename: string, sql: string, format: string): Promise<Blob> {
  return await (await ask(filename, sql, format)).blob();
}

async function ask(filename: string, sql: string, format?: string, signal?: AbortSignal): Promise<Response> {
  const query = format === undefined ? "" : `?format=${format}`;
  return await call(`/api/compute${query}`, {
    body: { operation: "sql", data_source: { type: "auto", filename }, params: { query: sql } },
    ...(signal === undefined ? {} : { signal }),
  });
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
