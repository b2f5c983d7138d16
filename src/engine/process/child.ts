import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../errors.ts";
import type { Channel, Message } from "../../worker/channel.ts";
import { type Starter, Worker, type WorkerErrors } from "../../worker/worker.ts";
import type { EngineOptions } from "../engine.ts";
import { ENGINE_THREADS } from "../slots.ts";
import { allowedBytes } from "./allowed-bytes.ts";

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

  private constructor(worker: Worker, results: OpenResults) {
    this.#worker = worker;
    this.#results = results;
  }

  /** Throws `engine-unavailable`. */
  static async start({ engine, runtime, onEnding }: ChildOptions): Promise<EngineChild> {
    const results: OpenResults = { count: 0 };
    let spillFolder: string | undefined;
    const worker: Worker = await Worker.start({
      runtime,
      flag: "engine",
      environment: { UV_THREADPOOL_SIZE: String(ENGINE_THREADS) },
      handlers: {
        spillFolder: async () => ({ value: (spillFolder = await engine.spillFolder()) }),
        ending: () => worker.endsSoon(deafQuery()),
      },
      allowedBytes: (calls) =>
        allowedBytes({ calls, openResults: results.count, memoryLimitBytes: engine.memoryLimitBytes }),
      onEnding,
      async onGone(pid) {
        if (spillFolder !== undefined) await removeSpilled(spillFolder, pid);
      },
      errors: ERRORS,
    });
    return new EngineChild(worker, results);
  }

  get channel(): Channel {
    return this.#worker.channel;
  }

  /** Asks it, with an eye on it until it has answered. */
  ask(name: string, value: unknown): Promise<Message> {
    return this.#worker.ask(name, value);
  }

  /** Keeps an eye on it while it works for us. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#worker.during(work);
  }

  /** A result that is read piece by piece, counted as such until it ends. */
  async *open<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = pieces[Symbol.asyncIterator]();
    this.#results.count += 1;
    try {
      for (;;) {
        const step = await this.during(() => iterator.next());
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

/** Removes what the databases of a process that is gone left behind. */
async function removeSpilled(folder: string, pid: number): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(`engine-${pid}-`));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function deafQuery(): HearthError {
  return new HearthError("engine-stopped", "A query did not heed its interrupt");
}

const ERRORS: WorkerErrors = {
  unavailable: (how, cause) =>
    new HearthError("engine-unavailable", `The query engine's process ${how}`, {
      hint: "Call `hearth restart` if hearth was replaced or moved; `hearth logs` has what it said.",
      cause,
    }),
  stopped: (cause) =>
    new HearthError("engine-stopped", "The query engine was stopped while this query ran", {
      hint: "Another query took too much memory, or could not be ended in another way. Ask again.",
      cause,
    }),
  silent: () =>
    new HearthError("engine-stopped", "The query engine did not answer any more and was stopped", {
      hint: "Make smaller values (repeat, range and the like), or ask again if it was another query.",
    }),
  // Which of several it was cannot be told: asked again, the others are answered.
  memory: (calls) =>
    calls > 1
      ? new HearthError("engine-stopped", "The queries that ran took more memory than they may together", {
          hint: "Ask again. If it was this one: make smaller values (repeat, range and the like), or raise memoryBudget.",
        })
      : new HearthError("memory-limit", "The query took more memory than it may", {
          hint: "Ask for fewer columns or rows, make smaller values (repeat, range and the like), or raise memoryBudget.",
        }),
};
