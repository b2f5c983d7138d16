import { closingAfter, concatTables, schemaOf, sizeOf, streamOf } from "../../data/columns.ts";
import type { Table, TableStream } from "../../data/table.ts";
import { HearthError } from "../../errors.ts";
import type { Channel, Message } from "../../worker/channel.ts";
import type { EngineOptions, EngineTable } from "../engine.ts";
import type { Session } from "../session.ts";
import type { EngineChild } from "./child.ts";
import type { OpenAnswer, OpenQuestion, ResultAnswer, SentTable } from "./protocol.ts";

/** Numbers for tables and files, the same one for the same object. */
export class TableKeys {
  readonly #keys = new WeakMap<object, number>();
  #last = 0;

  of(known: object): number {
    const key = this.#keys.get(known);
    if (key !== undefined) return key;
    this.#last += 1;
    this.#keys.set(known, this.#last);
    return this.#last;
  }
}

export interface ProxyContext {
  /** The session's number. */
  readonly session: number;
  readonly options: EngineOptions;
  readonly keys: TableKeys;
  readonly signal: AbortSignal | undefined;
  /** Called once, when the session is over. */
  readonly end: () => void;
}

/** Opens a session in the engine's process; what stands for it here. */
export async function openProxy(
  child: EngineChild,
  tables: readonly EngineTable[],
  context: ProxyContext,
): Promise<Session> {
  const { session, signal, end } = context;
  const abort = () => void child.channel.ask("abort", session).catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  const over = () => {
    signal?.removeEventListener("abort", abort);
    end();
  };
  try {
    // The signal may have aborted while the process was started.
    if (signal?.aborted === true) throw new HearthError("request-cancelled", "The request was cancelled");
    const loaded = await openRemote(child, tables, context);
    return createProxy(child, session, loaded, over);
  } catch (error) {
    over();
    throw error;
  }
}

async function openRemote(
  child: EngineChild,
  tables: readonly EngineTable[],
  { session, options, keys }: ProxyContext,
): Promise<OpenAnswer> {
  const { memoryLimitBytes, timeLimitSeconds } = options;
  const sent = tables.map((table) => sendTable(child.channel, table, keys));
  const question: OpenQuestion = { session, tables: sent, memoryLimitBytes, timeLimitSeconds };
  try {
    return (await child.ask(session, "open", question)).value as OpenAnswer;
  } finally {
    for (const table of sent) if ("stream" in table) void child.channel.withdraw(table.stream);
  }
}

function sendTable(channel: Channel, { name, data }: EngineTable, keys: TableKeys): SentTable {
  if ("parquet" in data) {
    // The number of a descriptor means something in our process only.
    const nativePath = data.parquet.nativePath.replace("/proc/self/", `/proc/${process.pid}/`);
    const parquet = { nativePath, realPath: data.parquet.realPath };
    return { name, parquet, shownPath: data.shownPath, key: keys.of(data.identity) };
  }
  if ("batches" in data) return { name, schema: data.schema, stream: channel.publish(data.batches) };
  const stream = channel.publish(streamOf(data).batches);
  return { name, schema: schemaOf(data), stream, kept: { key: keys.of(data), bytes: sizeOf(data) } };
}

function createProxy(child: EngineChild, session: number, { tables }: OpenAnswer, over: () => void): Session {
  const ask = async <T>(name: string, value: object, take: (answer: Message) => Promise<T>): Promise<T> => {
    try {
      return await take(await child.ask(session, name, value));
    } catch (error) {
      over();
      throw error;
    }
  };
  const result = async ({ value, table: first }: Message): Promise<TableStream> => {
    const { schema, isWhole, stream } = value as ResultAnswer;
    if (stream === undefined) {
      over();
      return streamOf(first as Table);
    }
    const { batches } = child.channel.remote(stream, schema, first);
    if (!isWhole) return { schema, batches: closingAfter(child.open(session, batches), over) };
    const table = concatTables(schema, await child.during(session, () => allOf(batches)));
    over();
    return streamOf(table);
  };
  return {
    tables,
    userQuery: (label, text) => ask("userQuery", { label, text }, result),
    checkExpression: (label, text) => ask("checkExpression", { label, text }, async () => {}),
    query: (sql, wanted) => ask("query", { sql, wanted }, result),
    async close() {
      await child.channel.ask("close", session).catch(() => {});
      over();
    },
  };
}

async function allOf(batches: AsyncIterable<Table>): Promise<Table[]> {
  const tables: Table[] = [];
  for await (const table of batches) tables.push(table);
  return tables;
}
