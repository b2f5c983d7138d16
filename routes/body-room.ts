import { ByteBudget } from "../src/byte-budget.ts";

/** Bodies up to this many bytes are taken as they come: two thousand of them at once are possible, but nobody's habit. */
export const FREE_BYTES = 1 << 20;

/** Milliseconds that a large body waits for others, and as long again for its turn to be handled. */
const MAX_WAIT_MS = 30_000;

/** From here on a body leaves so much garbage that it is collected before the next such one is parsed. */
const LARGE_BYTES = 8 * 2 ** 20;

/** Memory that the large bodies of one server's requests share. */
export class BodyBudgets {
  readonly held = new ByteBudget(96 * 2 ** 20, "large request bodies", MAX_WAIT_MS);
  /** What a body becomes takes several times its bytes, so that a large one is parsed and handled alone. */
  readonly handled = new ByteBudget(32 * 2 ** 20, "large request bodies", MAX_WAIT_MS);
  readonly #releaseMemory: (() => Promise<void>) | undefined;
  #isGarbageLeft = false;

  /** @param releaseMemory collects garbage; undefined in an embedding program, which it would hold up */
  constructor(releaseMemory?: () => Promise<void>) {
    this.#releaseMemory = releaseMemory;
  }

  /** Collects what an earlier large body left, before another is parsed. */
  async collect(): Promise<void> {
    const wasLeft = this.#isGarbageLeft;
    this.#isGarbageLeft = true;
    if (!wasLeft) return;
    await new Promise((resolve) => setImmediate(resolve));
    await this.#releaseMemory?.();
  }
}

/** The place of one request's body in memory, for as long as the request takes. */
export class BodyRoom {
  readonly #budgets: BodyBudgets;
  readonly #signal: AbortSignal;
  readonly #frees: (() => void)[] = [];

  constructor(budgets: BodyBudgets, signal: AbortSignal) {
    this.#budgets = budgets;
    this.#signal = signal;
  }

  /** Before more than `FREE_BYTES` of it are read, once. Throws `too-busy`, and the signal's reason. */
  async hold(bytes: number): Promise<void> {
    this.#frees.push(await this.#budgets.held.take(bytes, this.#signal));
  }

  /** Before a body of this size is parsed. Throws as `hold`. */
  async handle(bytes: number): Promise<void> {
    if (bytes <= FREE_BYTES) return;
    this.#frees.push(await this.#budgets.handled.take(bytes, this.#signal));
    if (bytes >= LARGE_BYTES) await this.#budgets.collect();
  }

  free(): void {
    for (const free of this.#frees.splice(0)) free();
  }
}
