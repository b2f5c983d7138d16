import { closingAfter, tableBehind } from "../../data/columns.ts";
import type { Table, TableStream } from "../../data/table.ts";
import { HearthError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { type Channel, type Message, pieces } from "../../worker/channel.ts";
import { channelToServer, endProcess, workUntilServerEnds } from "../../worker/host.ts";
import { createEngine, type EngineTable, type KnownTable } from "../engine.ts";
import type { Session } from "../session.ts";
import type {
  EndingQuestion,
  OpenAnswer,
  OpenQuestion,
  ResultAnswer,
  ShareAnswer,
  SentTable,
  SqlQuestion,
  TextQuestion,
} from "./protocol.ts";
import { SharedKeys } from "./shared-keys.ts";

/** Milliseconds after which the process ends itself where the server has not ended it. */
const LAST_WORDS_MS = 1000;

/** A session that is open, or being opened. */
interface Hosted {
  readonly controller: AbortController;
  session: Session | undefined;
}

/**
 * Runs the engine for a server, which asks over our standard input and is answered over our standard output, until that
 * ends. A query that does not heed its interrupt ends the process; the server ends it when it takes too much memory.
 *
 * @param serverVersion of the hearth that asks: it started what now lies in its place, which may be another
 */
export function hostEngine(serverVersion: string): Promise<never> {
  return workUntilServerEnds(
    serverVersion === VERSION ? new EngineHost().channel : channelToServer(REFUSING),
  );
}

const REFUSING = {
  open: () => {
    throw new HearthError("engine-unavailable", `hearth was replaced by ${VERSION} while this server runs`, {
      hint: "Call `hearth restart`.",
    });
  },
};

class EngineHost {
  readonly channel: Channel;
  readonly #sessions = new Map<number, Hosted>();
  readonly #keys = new SharedKeys();
  readonly #limits = { memoryLimitBytes: 0, timeLimitSeconds: 0 };
  readonly #engine: ReturnType<typeof createEngine>;

  constructor() {
    const limits = this.#limits;
    this.channel = channelToServer({
      open: (question: OpenQuestion) => this.#open(question),
      userQuery: ({ session, label, text }: TextQuestion) =>
        this.#result(session, (open) => open.userQuery(label, text)),
      query: ({ session, sql, wanted }: SqlQuestion) =>
        this.#result(session, (open) => open.query(sql, wanted)),
      checkExpression: ({ session, label, text }: TextQuestion) =>
        this.#find(session).checkExpression(label, text),
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
      spillShare: async () => {
        const given = (await this.channel.ask("spillShare")).value as ShareAnswer | undefined;
        // Without a limit there is no answer; then the disk is the limit.
        if (given === undefined) return { bytes: Number.MAX_SAFE_INTEGER, release: () => {} };
        const release = () => void this.channel.ask("spillFreed", given.share).catch(() => {});
        return { bytes: given.bytes, release };
      },
      onStuck: (signal) => this.#end(signal),
    });
    this.#engine.prepare();
  }

  /** Tells the server which query is stuck, so that it ends this process and repeats the others. */
  #end(signal: AbortSignal | undefined): void {
    const [session] = [...this.#sessions].find(([, { controller }]) => controller.signal === signal) ?? [];
    const ending: EndingQuestion = { session, hasLeft: signal?.aborted === true };
    void this.channel.ask("ending", ending).catch(() => {});
    setTimeout(endProcess, LAST_WORDS_MS);
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
      return { name, data: { identity: this.#keys.of(key), parquet, shownPath } };
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

  async #result(id: number, ask: (session: Session) => Promise<TableStream>): Promise<Message> {
    try {
      return this.#answer(id, await ask(this.#find(id)));
    } catch (error) {
      this.#sessions.delete(id);
      throw error;
    }
  }

  #answer(id: number, stream: TableStream): Message {
    const { schema } = stream;
    const table = tableBehind(stream);
    if (table === undefined) {
      const answer: ResultAnswer = {
        schema,
        isWhole: false,
        stream: this.channel.publish(closingAfter(stream.batches, () => this.#sessions.delete(id))),
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

  async #close(id: number): Promise<void> {
    const hosted = this.#sessions.get(id);
    this.#sessions.delete(id);
    await hosted?.session?.close();
  }
}

async function* streamed(tables: Iterable<Table>): AsyncGenerator<Table> {
  yield* tables;
}
