import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { concatTables, sizeOf, streamOf } from "../../data/columns.ts";
import type { Table, TableStream } from "../../data/table.ts";
import { HearthError } from "../../errors.ts";
import { once } from "../../once.ts";
import type { Runtime, Subprocess } from "../../runtime/types.ts";
import { VERSION } from "../../version.ts";
import { checkNames, type Engine, type EngineOptions, type EngineTable } from "../engine.ts";
import { ENGINE_THREADS } from "../slots.ts";
import type { Session } from "../session.ts";
import { Channel, describeStream, type Message } from "./channel.ts";
import type { OpenAnswer, OpenQuestion, ResultAnswer, SentTable } from "./protocol.ts";

/** How long the process stays when nobody asks; as long as its warm databases. */
const IDLE_MS = 60_000;

/** What a process that is asked to leave gets before it is killed. */
const GRACE_MS = 1000;

/** What starts the process. */
type Starter = Pick<Runtime, "spawn" | "selfCommand">;

/** The process and what goes on in it. */
interface Running {
  readonly channel: Channel;
  /** Ends it; settles when it is gone. */
  stop(): Promise<void>;
  sessions: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The engine in a process of its own, started at the first query and ended when nobody asks. It can be killed, which no
 * thread can: a query that heeds neither its interrupt nor its memory limit takes nobody with it but its neighbours in
 * that process, who are told `engine-stopped` and may ask again.
 */
export function createEngineProcess(options: EngineOptions, runtime: Starter): Engine {
  const keys = new TableKeys();
  let running: Promise<Running> | undefined;
  let lastSession = 0;
  let isClosed = false;

  const start = (): Promise<Running> => {
    if (isClosed) throw serverStopping();
    const forget = () => {
      if (running === started) running = undefined;
    };
    const started = startProcess(options, runtime, forget).then((process) => {
      stopWhenIdle(process);
      return process;
    });
    running = started;
    started.catch(forget);
    return started;
  };
  const enter = async (): Promise<Running> => {
    const process = await (running ?? start());
    process.sessions += 1;
    clearTimeout(process.timer);
    return process;
  };
  const leave = (process: Running) => {
    process.sessions -= 1;
    if (process.sessions === 0) stopWhenIdle(process);
  };

  return {
    prepare() {
      if (running === undefined && !isClosed) start().catch(() => {});
    },
    async open(tables, signal) {
      checkNames(tables);
      const process = await enter();
      lastSession += 1;
      const id = lastSession;
      const end = once(() => leave(process));
      try {
        const loaded = await openSession(process.channel, id, tables, { options, keys, signal });
        return createProxy(process.channel, id, loaded, { signal, end });
      } catch (error) {
        end();
        throw error;
      }
    },
    async close() {
      isClosed = true;
      const process = await running?.catch(() => undefined);
      process?.channel.close(serverStopping());
      await process?.stop();
    },
  };
}

function serverStopping(): HearthError {
  return new HearthError("server-stopping", "The server is stopping");
}

function stopWhenIdle(process: Running): void {
  process.timer = setTimeout(() => void process.stop(), IDLE_MS);
  (process.timer as { unref?: () => void }).unref?.();
}

/** Numbers for tables and files, the same one for the same object. */
class TableKeys {
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

async function startProcess(options: EngineOptions, runtime: Starter, onGone: () => void): Promise<Running> {
  const child = await runtime.spawn(runtime.selfCommand(["serve", "--engine", VERSION]), {
    cwd: "/",
    env: { ...process.env, HEARTH_TOKEN: undefined, UV_THREADPOOL_SIZE: String(ENGINE_THREADS) },
    stdin: "pipe",
    stdout: "pipe",
    background: true,
  });
  let spillFolder: string | undefined;
  const channel = new Channel((chunks) => (child.stdin as NonNullable<typeof child.stdin>).send(chunks), {
    spillFolder: async () => ({ value: (spillFolder = await options.spillFolder()) }),
    ending: onGone,
  });
  const gone = readAll(child, channel).then(async (how) => {
    onGone();
    channel.close(stopped(how));
    // Best effort: the server's next start clears it too.
    if (spillFolder !== undefined) await removeSpilled(spillFolder, child.pid).catch(() => {});
  });
  const stop = async () => {
    onGone();
    child.stdin?.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    await gone;
    clearTimeout(timer);
  };
  return { channel, stop, sessions: 0, timer: undefined };
}

/** Removes what the databases of a process that is gone left behind. */
async function removeSpilled(folder: string, pid: number): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(`engine-${pid}-`));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Settles when the process is gone and all it wrote was taken, with how it ended. */
async function readAll(child: Subprocess, channel: Channel): Promise<string> {
  try {
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) channel.receive(chunk);
  } catch {
    // A pipe that breaks ends like one that is closed; an answer nobody can read ends the process.
    child.kill("SIGKILL");
  }
  const { exitCode, signal } = await child.exited;
  return signal ?? `exit code ${exitCode}`;
}

/** @param how the process ended, for the log */
function stopped(how: string): HearthError {
  return new HearthError("engine-stopped", "The query engine was stopped while this query ran", {
    hint: "A query took too much memory, or could not be ended in another way. Ask again.",
    cause: new Error(`The engine's process ended with ${how}`),
  });
}

interface OpenContext {
  readonly options: EngineOptions;
  readonly keys: TableKeys;
  readonly signal: AbortSignal | undefined;
}

async function openSession(
  channel: Channel,
  session: number,
  tables: readonly EngineTable[],
  { options, keys, signal }: OpenContext,
): Promise<OpenAnswer> {
  if (signal?.aborted === true) throw new HearthError("request-cancelled", "The request was cancelled");
  const sent = tables.map((table) => sendTable(channel, table, keys));
  const question: OpenQuestion = {
    session,
    tables: sent,
    memoryLimitBytes: options.memoryLimitBytes,
    timeLimitSeconds: options.timeLimitSeconds,
  };
  const streams = sent.flatMap((table) => ("stream" in table ? [table.stream] : []));
  const abort = () => void channel.ask("abort", session).catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return (await channel.ask("open", question)).value as OpenAnswer;
  } finally {
    signal?.removeEventListener("abort", abort);
    for (const stream of streams) void channel.withdraw(stream);
  }
}

function sendTable(channel: Channel, { name, data }: EngineTable, keys: TableKeys): SentTable {
  if ("parquetPath" in data) {
    // The number of a descriptor means something in our process only.
    const parquet = data.parquetPath.replace("/proc/self/", `/proc/${process.pid}/`);
    return { name, parquet, shownPath: data.shownPath, key: keys.of(data.identity) };
  }
  const schema = describeStream(data);
  if ("batches" in data) return { name, schema, stream: channel.publish(data.batches) };
  const stream = channel.publish(streamOf(data).batches);
  return { name, schema, stream, kept: { key: keys.of(data), bytes: sizeOf(data) } };
}

/** What stands for the session of the other process. */
function createProxy(
  channel: Channel,
  session: number,
  { tables }: OpenAnswer,
  { signal, end }: { readonly signal: AbortSignal | undefined; readonly end: () => void },
): Session {
  const abort = () => void channel.ask("abort", session).catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  const over = () => {
    signal?.removeEventListener("abort", abort);
    end();
  };
  const ask = async (name: string, value: object): Promise<Message> => {
    try {
      return await channel.ask(name, { session, ...value });
    } catch (error) {
      over();
      throw error;
    }
  };
  const result = async (message: Message): Promise<TableStream> => {
    const { schema, isWhole, stream } = message.value as ResultAnswer;
    const first = message.table;
    if (stream === undefined) {
      over();
      return streamOf(first as Table);
    }
    const remote = channel.remote(stream, schema, first);
    if (!isWhole) return { schema, batches: ending(remote.batches, over) };
    try {
      return streamOf(await together(remote));
    } finally {
      over();
    }
  };
  return {
    tables,
    userQuery: async (label, text) => result(await ask("userQuery", { label, text })),
    checkExpression: async (label, text) => void (await ask("checkExpression", { label, text })),
    query: async (sql, wanted) => result(await ask("query", { sql, wanted })),
    async close() {
      await channel.ask("close", session).catch(() => {});
      over();
    },
  };
}

async function together({ schema, batches }: TableStream): Promise<Table> {
  const parts: Table[] = [];
  for await (const part of batches) parts.push(part);
  return concatTables(schema, parts);
}

async function* ending(batches: AsyncIterable<Table>, end: () => void): AsyncGenerator<Table> {
  try {
    yield* batches;
  } finally {
    end();
  }
}
