import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../errors.ts";
import type { Channel, Message } from "../../worker/channel.ts";
import { type Starter, Worker, type WorkerErrors } from "../../worker/worker.ts";
import type { SpillShare } from "../database.ts";
import type { EngineOptions } from "../engine.ts";
import { tooLong } from "../limits.ts";
import { ENGINE_THREADS } from "../slots.ts";
import { EngineStopped } from "../stopped.ts";
import { allowedBytes } from "./allowed-bytes.ts";
import type { EndingQuestion, ShareAnswer } from "./protocol.ts";

export interface ChildOptions {
  readonly engine: EngineOptions;
  readonly runtime: Starter;
  /** No more can be asked of it: called once, at the latest when it is gone, with the reason unless it was told to stop. */
  readonly onEnding: (reason: HearthError | undefined) => void;
}

/** The engine's process, as the server sees it. */
export class EngineChild {
  readonly #worker: Worker;
  readonly #results: OpenResults;
  readonly #guilty: Guilty;

  private constructor(worker: Worker, results: OpenResults, guilty: Guilty) {
    this.#worker = worker;
    this.#results = results;
    this.#guilty = guilty;
  }

  /** Throws `engine-unavailable`. */
  static async start({ engine, runtime, onEnding }: ChildOptions): Promise<EngineChild> {
    const results: OpenResults = { count: 0 };
    const guilty: Guilty = new Map();
    let spillFolder: string | undefined;
    const shares = new Map<number, SpillShare>();
    let lastShare = 0;
    const worker: Worker = await Worker.start({
      runtime,
      flag: "engine",
      environment: { UV_THREADPOOL_SIZE: String(ENGINE_THREADS) },
      handlers: {
        spillFolder: async () => ({ value: (spillFolder = await engine.spillFolder()) }),
        async spillShare() {
          const share = await engine.spillShare?.();
          if (share === undefined) return { value: undefined };
          lastShare += 1;
          shares.set(lastShare, share);
          const answer: ShareAnswer = { share: lastShare, bytes: share.bytes };
          return { value: answer };
        },
        spillFreed(number: number) {
          shares.get(number)?.release();
          shares.delete(number);
        },
        ending({ session, hasLeft }: EndingQuestion) {
          if (session !== undefined)
            guilty.set(session, hasLeft ? callerLeft() : tooLong(engine.timeLimitSeconds, undefined));
          worker.kill(deafQuery());
        },
      },
      allowedBytes: (calls) =>
        allowedBytes({ calls, openResults: results.count, memoryLimitBytes: engine.memoryLimitBytes }),
      onEnding,
      async onGone(pid) {
        try {
          if (spillFolder !== undefined) await removeSpilled(spillFolder, pid);
        } finally {
          for (const share of shares.values()) share.release();
          shares.clear();
        }
      },
      errors: ERRORS,
    });
    return new EngineChild(worker, results, guilty);
  }

  get channel(): Channel {
    return this.#worker.channel;
  }

  /** Asks it for a session, with an eye on it until it has answered. */
  ask(session: number, name: string, value: object): Promise<Message> {
    return this.during(session, () => this.#worker.channel.ask(name, { ...value, session }));
  }

  /** Keeps an eye on it while it works for a session; what fails with the process fails as that session deserves. */
  async during<T>(session: number, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#worker.during(work);
    } catch (error) {
      throw (error instanceof EngineStopped ? this.#guilty.get(session) : undefined) ?? error;
    }
  }

  /** A result of a session that is read piece by piece, counted as such until it ends. */
  async *open<T>(session: number, pieces: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = pieces[Symbol.asyncIterator]();
    this.#results.count += 1;
    try {
      for (;;) {
        const step = await this.during(session, () => iterator.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      this.#results.count -= 1;
      await iterator.return?.();
    }
  }

  /** Lets it leave; settles when it is gone. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }
}

interface OpenResults {
  count: number;
}

/** The sessions whose queries had to be ended with the process, and what they are told. */
type Guilty = Map<number, HearthError>;

/** Removes what the databases of a process that is gone left behind. */
async function removeSpilled(folder: string, pid: number): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(`engine-${pid}-`));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function deafQuery(): HearthError {
  return new EngineStopped(false, "Another query could not be interrupted, so the query engine was stopped", {
    hint: "Ask again.",
  });
}

function callerLeft(): HearthError {
  return new HearthError("request-cancelled", "The request was cancelled");
}

const ERRORS: WorkerErrors = {
  unavailable: (how, cause) =>
    new HearthError("engine-unavailable", `The query engine's process ${how}`, {
      hint: "Call `hearth restart` if hearth was replaced or moved; `hearth logs` has what it said.",
      cause,
    }),
  stopped: (cause) =>
    new EngineStopped(true, "The query engine was stopped while this query ran", {
      hint: "Another query took too much memory, or could not be ended in another way. Ask again.",
      cause,
    }),
  silent: () =>
    new EngineStopped(true, "The query engine did not answer any more and was stopped", {
      hint: "Make smaller values (repeat, range and the like), or ask again if it was another query.",
    }),
  // Which of several it was cannot be told: asked again, the others are answered.
  memory: (calls) =>
    calls > 1
      ? new EngineStopped(true, "The queries that ran took more memory than they may together", {
          hint: "Ask again. If it was this one: make smaller values (repeat, range and the like), or raise memoryBudget.",
        })
      : new HearthError("memory-limit", "The query took more memory than it may", {
          hint: "Ask for fewer columns or rows, make smaller values (repeat, range and the like), or raise memoryBudget.",
        }),
};
