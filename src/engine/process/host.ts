import { tableBehind } from "../../data/columns.ts";
import type { Table, TableStream } from "../../data/table.ts";
import { HearthError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { createEngine, type EngineTable, type KnownTable } from "../engine.ts";
import type { Session } from "../session.ts";
import { Channel, type Message, pieces } from "./channel.ts";
import type {
  OpenAnswer,
  OpenQuestion,
  ResultAnswer,
  SentTable,
  SqlQuestion,
  TextQuestion,
} from "./protocol.ts";
import { MAX_SLOTS } from "../slots.ts";
import { SharedKeys } from "./shared-keys.ts";
import { watchMemory } from "./watch-memory.ts";

/** Milliseconds for a last answer to leave before the process ends itself. */
const LAST_WORDS_MS = 100;

/** A session that is open, or being opened. */
interface Hosted {
  readonly controller: AbortController;
  session: Session | undefined;
}

/**
 * Runs the engine for a server, which asks over our standard input and is answered over our standard output, until that
 * ends. A query that does not heed its interrupt, or takes more memory than all that run may, ends the process: so the
 * server, and this process's memory with it, is free again whatever the query does.
 *
 * @param serverVersion of the hearth that asks: it started what now lies in its place, which may be another
 */
export async function hostEngine(serverVersion: string): Promise<never> {
  const channel = serverVersion === VERSION ? new EngineHost().channel : new Channel(writeOut, REFUSING);
  process.stdin.on("data", (chunk: Uint8Array) => channel.receive(chunk));
  return new Promise(() => {
    // Threads of the engine that still work would hold up any other way out.
    process.stdin.on("end", end);
    process.stdin.on("error", end);
  });
}

const REFUSING = {
  open: () => {
    throw new HearthError("engine-unavailable", `hearth was replaced by ${VERSION} while this server runs`, {
      hint: "Call `hearth restart`.",
    });
  },
};

function end(): void {
  process.kill(process.pid, "SIGKILL");
}

class EngineHost {
  readonly channel: Channel;
  readonly #sessions = new Map<number, Hosted>();
  readonly #keys = new SharedKeys();
  readonly #limits = { memoryLimitBytes: 0, timeLimitSeconds: 0 };
  readonly #engine: ReturnType<typeof createEngine>;
  /** Rejects when the process must end: all that is under way fails with its reason. */
  readonly #fatal = Promise.withResolvers<never>();
  /** Questions under way. */
  #running = 0;

  constructor() {
    const limits = this.#limits;
    this.channel = new Channel(writeOut, {
      open: (question: OpenQuestion) => this.#orFatal(() => this.#open(question)),
      userQuery: ({ session, label, text }: TextQuestion) =>
        this.#result(session, (open) => open.userQuery(label, text)),
      query: ({ session, sql, wanted }: SqlQuestion) =>
        this.#result(session, (open) => open.query(sql, wanted)),
      checkExpression: ({ session, label, text }: TextQuestion) =>
        this.#orFatal(async () => this.#find(session).checkExpression(label, text)),
      close: (session: number) => this.#close(session),
      abort: (session: number) => this.#sessions.get(session)?.controller.abort(),
    });
    this.#engine = createEngine({
      get memoryLimitBytes() {
        return limits.memoryLimitBytes;
      },
      get timeLimitSeconds() {
        return limits.timeLimitSeconds;
      },
      spillFolder: async () => (await this.channel.ask("spillFolder")).value as string,
      onStuck: () => this.#end(),
    });
    this.#engine.prepare();
    this.#fatal.promise.catch(() => {});
    watchMemory({
      // What waits for a place takes no memory yet.
      running: () => Math.min(this.#running, MAX_SLOTS),
      memoryLimitBytes: () => this.#limits.memoryLimitBytes,
      onExceeded: () => {
        this.#end();
        this.#fatal.reject(this.#running > 1 ? stoppedForMemory() : tooMuchMemory());
      },
    });
  }

  /** Ends the process when the answers that wait have left; the server asks another one from now on. */
  #end(): void {
    void this.channel.ask("ending").catch(() => {});
    setTimeout(end, LAST_WORDS_MS);
  }

  async #open({ session, tables, ...limits }: OpenQuestion): Promise<Message> {
    Object.assign(this.#limits, limits);
    const hosted: Hosted = { controller: new AbortController(), session: undefined };
    this.#sessions.set(session, hosted);
    const given = tables.map((table) => this.#tableOf(table));
    try {
      hosted.session = await this.#engine.open(given, hosted.controller.signal);
    } catch (error) {
      this.#sessions.delete(session);
      throw error;
    }
    const answer: OpenAnswer = { tables: hosted.session.tables };
    return { value: answer };
  }

  #tableOf(sent: SentTable): EngineTable | KnownTable {
    const { name } = sent;
    if ("parquet" in sent) {
      const { parquet, shownPath, key } = sent;
      return { name, data: { identity: this.#keys.of(key), parquetPath: parquet, shownPath } };
    }
    const stream = this.channel.remote(sent.stream, sent.schema);
    if (sent.kept === undefined) return { name, data: stream };
    const { key, bytes } = sent.kept;
    return { name, data: { identity: this.#keys.of(key), bytes, rows: () => stream } };
  }

  #find(session: number): Session {
    const open = this.#sessions.get(session)?.session;
    if (open === undefined) throw new Error(`There is no session ${session}`);
    return open;
  }

  #result(id: number, ask: (session: Session) => Promise<TableStream>): Promise<Message> {
    return this.#orFatal(async () => {
      try {
        return this.#answer(id, await ask(this.#find(id)));
      } catch (error) {
        this.#sessions.delete(id);
        throw error;
      }
    });
  }

  #answer(id: number, stream: TableStream): Message {
    const { schema } = stream;
    const table = tableBehind(stream);
    if (table === undefined) {
      const answer: ResultAnswer = {
        schema,
        isWhole: false,
        stream: this.channel.publish(this.#guarded(id, stream)),
      };
      return { value: answer };
    }
    this.#sessions.delete(id);
    const rest = pieces(table);
    const first = rest.next();
    const head = first.value as Table; // a table has a piece, also without rows
    const isAll = head.rows === table.rows;
    const answer: ResultAnswer = {
      schema,
      isWhole: true,
      ...(isAll ? {} : { stream: this.channel.publish(streamed(rest)) }),
    };
    return { value: answer, table: head };
  }

  async *#guarded(id: number, { batches }: TableStream): AsyncGenerator<Table> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.#orFatal(() => iterator.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      this.#sessions.delete(id);
      await iterator.return?.();
    }
  }

  async #close(id: number): Promise<void> {
    const hosted = this.#sessions.get(id);
    this.#sessions.delete(id);
    await hosted?.session?.close();
  }

  async #orFatal<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await Promise.race([work(), this.#fatal.promise]);
    } finally {
      this.#running -= 1;
    }
  }
}

function tooMuchMemory(): HearthError {
  return new HearthError("memory-limit", "The query took more memory than it may", {
    hint: "Ask for fewer columns or rows, make smaller values (repeat, range and the like), or raise memoryBudget.",
  });
}

/** Which of several it was cannot be told: asked again, the others are answered. */
function stoppedForMemory(): HearthError {
  return new HearthError("engine-stopped", "The queries that ran took more memory than they may together", {
    hint: "Ask again. If it was this one: make smaller values (repeat, range and the like), or raise memoryBudget.",
  });
}

async function* streamed(tables: Iterable<Table>): AsyncGenerator<Table> {
  yield* tables;
}

/** Settles when the pipe takes more. */
function writeOut(chunks: readonly Uint8Array[]): Promise<void> {
  const { stdout } = process;
  let takesMore = true;
  for (const chunk of chunks) takesMore = stdout.write(chunk);
  return takesMore ? Promise.resolve() : new Promise((resolve) => stdout.once("drain", resolve));
}
