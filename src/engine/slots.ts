import { availableParallelism } from "node:os";

/** However many threads there are. */
export const MAX_SLOTS = 4;

/**
 * How many engine calls may run at once. Each holds a thread of the runtime's pool, which also reads files: with all
 * of them taken even a small read waits (measured: two long queries on two cores stop every `readFile` on Bun, four on
 * Node). So one thread stays free. UV_THREADPOOL_SIZE, set before the start, makes the pool larger on Bun and Node.
 */
export function engineSlots(environment: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = Number(environment["UV_THREADPOOL_SIZE"]);
  const threads = Number.isInteger(asked) && asked > 0 ? asked : Math.min(4, availableParallelism());
  return Math.max(1, Math.min(MAX_SLOTS, threads - 1));
}

/** Threads for the pool of a process that does nothing but run the engine. */
export const ENGINE_THREADS = 8;

/** A queue in front of a limited number of places, first come first served. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a place; what it gives back frees it. Throws the signal's reason when that aborts first. */
  async take(signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** The places of this process: the pool behind them is one, however many engines there are. */
export const PROCESS_SLOTS = new Slots(engineSlots());
