import type { Guard } from "../../runtime/guard.ts";
import type { ProcessFamily, Runtime } from "../../runtime/types.ts";
import { within } from "./wait.ts";

/** A family, and what ends it in place of SIGTERM. */
export interface GuardedFamily extends ProcessFamily {
  readonly stopCommand?: readonly string[] | undefined;
}

const RESTART_MS = 500;
const CLOSE_MS = 5000;

/**
 * Keeps one guard for all families: started with the first, started anew when it dies, gone with `close`. What can't be
 * guarded runs all the same, and is told.
 */
export class Guardian {
  readonly #runtime: Pick<Runtime, "spawn">;
  readonly #onProblem: (message: string, cause: unknown) => void;
  readonly #families = new Map<string, GuardedFamily>();
  #guard: Promise<Guard | undefined> | undefined;
  #isClosed = false;

  constructor(runtime: Pick<Runtime, "spawn">, onProblem: (message: string, cause: unknown) => void) {
    this.#runtime = runtime;
    this.#onProblem = onProblem;
  }

  /** The guard's pid; undefined while there is none. */
  async pid(): Promise<number | undefined> {
    return (await this.#guard)?.pid;
  }

  /** From when this settles a family dies with us. Told again of it, its new facts count. */
  async add(family: GuardedFamily): Promise<void> {
    this.#families.set(family.marker, family);
    const guard = await this.#running();
    await guard?.add(family, family.stopCommand);
  }

  /** A family is gone: its number may come to belong to others. */
  async remove({ marker }: ProcessFamily): Promise<void> {
    if (!this.#families.delete(marker)) return;
    await (await this.#guard)?.del(marker);
  }

  /** Ends the guard, and with it every family that is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const guard = await this.#guard;
    this.#guard = undefined;
    // The limit also keeps a program alive that has nothing else to wait for: the guard itself never does.
    if (guard !== undefined) await within(guard.close(), CLOSE_MS);
  }

  /** One that could not be started is tried again with the next family. */
  #running(): Promise<Guard | undefined> {
    if (this.#guard !== undefined) return this.#guard;
    const starting = this.#start();
    this.#guard = starting;
    void starting.then((guard) => {
      if (guard === undefined && this.#guard === starting) this.#guard = undefined;
    });
    return starting;
  }

  async #start(): Promise<Guard | undefined> {
    try {
      // Loaded with the first model: it brings the lexer of shell words.
      const { startGuard } = await import("../../runtime/guard.ts");
      const guard = await startGuard(this.#runtime, { env: process.env });
      void guard.ended.then(() => this.#replace());
      return guard;
    } catch (error) {
      this.#onProblem("model servers are not guarded: they would outlive a hearth that is killed", error);
      return undefined;
    }
  }

  /** Whoever killed the guard may do it again and again. */
  async #replace(): Promise<void> {
    if (this.#isClosed) return;
    this.#guard = undefined;
    this.#onProblem("the guard of model servers ended, and is started anew", undefined);
    await new Promise((resolve) => setTimeout(resolve, RESTART_MS).unref?.());
    if (this.#isClosed || this.#families.size === 0) return;
    const guard = await this.#running();
    for (const family of this.#families.values()) await guard?.add(family, family.stopCommand);
  }
}
