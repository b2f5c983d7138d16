import type { TableAnswer } from "../../client/answers.ts";
import type { HearthClient } from "../../client/client.ts";
import type { DataSource } from "../../data/source.ts";
import { isPipe } from "../input/byte-stream.ts";
import type { OutputFormat } from "../output/choose-format.ts";
import { wireFormat } from "../output/emit-table.ts";
import { writtenSql, type WrittenSql } from "../../written-sql.ts";
import { buildQuery, limitQuery, type QueryFlags } from "./build-query.ts";

/** What `hearth read` was asked for. */
export interface ReadQuestion {
  /** "-" is standard input. */
  readonly file: string;
  readonly type: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Files of further tables, by name. */
  readonly sources: Readonly<Record<string, string>>;
  readonly flags: QueryFlags;
  readonly format: OutputFormat;
  readonly limit: number | undefined;
}

export interface AnsweredTable {
  /** In the wire's format for the one that was asked for. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Asks again, for the names of the columns; undefined for a pipe, which is gone by then. */
  readonly columns: (() => Promise<readonly string[]>) | undefined;
}

/** The table that was asked for; `query` is what `queryOf` gives, run only where one is needed. */
export async function readTable(
  client: HearthClient,
  question: ReadQuestion,
  query: WrittenSql | undefined,
): Promise<AnsweredTable> {
  const format = wireFormat(question.format);
  if (query === undefined) return await plainRead(client, question, format);
  const data = await namedSource(question);
  const sources = Object.fromEntries(
    Object.entries(question.sources).map(([name, file]) => [name, autoSource(file)]),
  );
  const input = { sources: { data, ...sources }, params: { query: query.sql } };
  return {
    stream: await client.computeStream("sql", format, input),
    columns: async () => namesOf(await client.compute("sql", input)),
  };
}

const WHOLE = writtenSql("select * from data");

/**
 * The query that the question needs, if any. Lines are cut off here; what has no lines (Parquet, Arrow, a CSV with line
 * breaks in its cells) is limited by the query. Throws `usage` for flags that exclude each other.
 */
export function queryOf({ flags, format, limit, sources }: ReadQuestion): WrittenSql | undefined {
  const hasSources = Object.keys(sources).length > 0;
  const query = buildQuery(flags) ?? (hasSources ? WHOLE : undefined);
  if (limit === undefined || wireFormat(format) === "ndjson") return query;
  return limitQuery(query ?? WHOLE, limit);
}

async function plainRead(
  client: HearthClient,
  { file, type, parameters }: ReadQuestion,
  format: ReturnType<typeof wireFormat>,
): Promise<AnsweredTable> {
  if (!isPipe(file)) {
    return {
      stream: await client.readStream(file, format, { type, parameters }),
      columns: async () => namesOf(await client.read(file, { type, parameters })),
    };
  }
  const { bodyOfInput } = await import("../input/body-of-input.ts");
  // A pipe can be sent only once, so a server must be there before it is touched.
  await client.ping();
  const body = await bodyOfInput(file, { type, parameters });
  return { stream: await client.readStream(body, format), columns: undefined };
}

/** The columns' names of a table, as a person reads them. */
export function namesOf({ columns }: TableAnswer): string[] {
  return columns.map(String);
}

/** The file as a data source; a pipe is spooled first, since the body of a query is the query. */
export async function namedSource({
  file,
  type,
  parameters,
}: Pick<ReadQuestion, "file" | "type" | "parameters">): Promise<DataSource> {
  if (!isPipe(file)) return { ...autoSource(file), ...parameters, ...typed(type) };
  const [{ bodyOfInput }, { spoolInput }] = await Promise.all([
    import("../input/body-of-input.ts"),
    import("../input/spool-input.ts"),
  ]);
  const spooled = await spoolInput(await bodyOfInput(file, { type, parameters }));
  return { ...parameters, type: spooled.type, filename: spooled.path };
}

function autoSource(filename: string): DataSource {
  return { type: "auto", filename };
}

function typed(type: string | undefined): { type?: string } {
  return type === undefined ? {} : { type };
}
