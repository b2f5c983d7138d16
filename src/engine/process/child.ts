import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../errors.ts";
import type { Runtime, Subprocess } from "../../runtime/types.ts";
import { VERSION } from "../../version.ts";
import type { EngineOptions } from "../engine.ts";
import { ENGINE_THREADS } from "../slots.ts";
import { Channel, type Message } from "./channel.ts";
import { allowedBytes, Watch } from "./watch.ts";

/** What a process that is asked to leave gets before it is killed. */
const GRACE_MS = 1000;

/** How much of what a process says before it dies is kept for the log. */
const LAST_WORDS = 2000;

/** What starts the process and looks at it. */
export type Starter = Pick<Runtime, "spawn" | "selfCommand" | "residentBytesOf">;

export interface ChildOptions {
  readonly engine: EngineOptions;
  readonly runtime: Starter;
  /** No more can be asked of it: called once, at the latest when it is gone, with the reason unless it was told to stop. */
  readonly onEnding: (reason: HearthError | undefined) => void;
}

/** The engine's process, as the server sees it. */
export class EngineChild {
  readonly channel: Channel;
  readonly #options: ChildOptions;
  readonly #child: Subprocess;
  readonly #watch: Watch;
  readonly #gone: Promise<void>;
  #lastWords = "";
  #openResults = 0;
  #spillFolder: string | undefined;
  #isEnding = false;

  private constructor(options: ChildOptions, child: Subprocess) {
    this.#options = options;
    this.#child = child;
    const { engine, runtime } = options;
    this.channel = new Channel((chunks) => (child.stdin as NonNullable<typeof child.stdin>).send(chunks), {
      spillFolder: async () => ({ value: (this.#spillFolder = await engine.spillFolder()) }),
      ending: () => this.#ending(deafQuery()),
    });
    this.#watch = new Watch({
      residentBytes: () => runtime.residentBytesOf(child.pid),
      allowedBytes: () =>
        allowedBytes({
          calls: this.#watch.calls,
          openResults: this.#openResults,
          memoryLimitBytes: engine.memoryLimitBytes,
        }),
      ping: () => this.channel.ask("ping"),
      onExceeded: () => this.#end(this.#watch.calls > 1 ? memoryOfSeveral() : memoryOfOne()),
      onSilent: () => this.#end(silent()),
    });
    void this.#listen();
    this.#gone = this.#untilGone();
  }

  /** Throws `engine-unavailable`. */
  static async start(options: ChildOptions): Promise<EngineChild> {
    const { runtime } = options;
    const child = await runtime
      .spawn(runtime.selfCommand(["serve", "--engine", VERSION]), {
        cwd: "/",
        env: { ...process.env, HEARTH_TOKEN: undefined, UV_THREADPOOL_SIZE: String(ENGINE_THREADS) },
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        background: true,
      })
      .catch((cause: unknown) => {
        throw unavailable("could not be started", cause);
      });
    return new EngineChild(options, child);
  }

  /** Asks it, with an eye on it until it has answered. */
  ask(name: string, value: unknown): Promise<Message> {
    return this.during(() => this.channel.ask(name, value));
  }

  /** Keeps an eye on it while it works for us. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#watch.during(work);
  }

  /** A result that is read piece by piece, counted as such until it ends. */
  async *open<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = pieces[Symbol.asyncIterator]();
    this.#openResults += 1;
    try {
      for (;;) {
        const step = await this.during(() => iterator.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      this.#openResults -= 1;
      await iterator.return?.();
    }
  }

  /** Lets it leave; settles when it is gone. */
  async stop(): Promise<void> {
    this.#ending(undefined);
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), GRACE_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  #ending(reason: HearthError | undefined): void {
    if (!this.#isEnding) this.#options.onEnding(reason);
    this.#isEnding = true;
  }

  /** Ends it at once: what is under way fails with this reason, all else is asked of another process. */
  #end(reason: HearthError): void {
    this.#ending(reason);
    this.channel.close(stopped(undefined), reason);
    this.#child.kill("SIGKILL");
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.#child.stderr as AsyncIterable<Uint8Array>)
        this.#lastWords = (this.#lastWords + decoder.decode(chunk, { stream: true })).slice(-LAST_WORDS);
    } catch {
      // A pipe that breaks ends like one that is closed.
    }
  }

  /** Settles when the process is gone and all it wrote was taken. */
  async #untilGone(): Promise<void> {
    try {
      for await (const chunk of this.#child.stdout as AsyncIterable<Uint8Array>) this.channel.receive(chunk);
    } catch {
      // A pipe that breaks ends like one that is closed; what nobody can read ends the process.
      this.#child.kill("SIGKILL");
    }
    const { exitCode, signal } = await this.#child.exited;
    const how = `The engine's process ended with ${signal ?? `exit code ${exitCode}`}`;
    const cause = new Error([how, this.#lastWords.trim()].filter((text) => text !== "").join(": "));
    const reason = this.channel.hasHeard
      ? stopped(cause)
      : unavailable("ended as soon as it was started", cause);
    this.#ending(reason);
    this.channel.close(reason);
    // Best effort: the server's next start clears it too.
    if (this.#spillFolder !== undefined)
      await removeSpilled(this.#spillFolder, this.#child.pid).catch(() => {});
  }
}

/** Removes what the databases of a process that is gone left behind. */
async function removeSpilled(folder: string, pid: number): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(`engine-${pid}-`));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function unavailable(how: string, cause: unknown): HearthError {
  return new HearthError("engine-unavailable", `The query engine's process ${how}`, {
    hint: "Call `hearth restart` if hearth was replaced or moved; `hearth logs` has what it said.",
    cause,
  });
}

function stopped(cause: Error | undefined): HearthError {
  return new HearthError("engine-stopped", "The query engine was stopped while this query ran", {
    hint: "Another query took too much memory, or could not be ended in another way. Ask again.",
    cause,
  });
}

function deafQuery(): HearthError {
  return new HearthError("engine-stopped", "A query did not heed its interrupt");
}

function silent(): HearthError {
  return new HearthError("engine-stopped", "The query engine did not answer any more and was stopped", {
    hint: "Make smaller values (repeat, range and the like), or ask again if it was another query.",
  });
}

function memoryOfOne(): HearthError {
  return new HearthError("memory-limit", "The query took more memory than it may", {
    hint: "Ask for fewer columns or rows, make smaller values (repeat, range and the like), or raise memoryBudget.",
  });
}

/** Which of several it was cannot be told: asked again, the others are answered. */
function memoryOfSeveral(): HearthError {
  return new HearthError("engine-stopped", "The queries that ran took more memory than they may together", {
    hint: "Ask again. If it was this one: make smaller values (repeat, range and the like), or raise memoryBudget.",
  });
}
