import { totalmem } from "node:os";
import { MAX_OPEN_RESULTS, MAX_SLOTS } from "../slots.ts";

/** A function that fills memory as fast as it can makes some 100 MiB in this time. */
const PERIOD_MS = 50;

/** Looking, where it takes long, takes at most this part of the time. */
const LOOK_SHARE = 1 / 20;

/** An event loop that stood still for so long, with work at hand, will not go on soon. */
const SILENCE_MS = 20_000;

/** The process with the engine loaded, results on their way out, and what the allocator keeps for later. */
const BASE_BYTES = 512 << 20;

/** Of the memory limit of each call: the engine's own count leaves out what quantiles, lists and the like collect. */
const TOLERANCE = 2;

/** What may hold memory in the engine's process. */
export interface Load {
  /** Calls under way; those beyond the places wait, and hold none. */
  readonly calls: number;
  /** Results that are being read piece by piece. */
  readonly openResults: number;
  /** What one database may take. */
  readonly memoryLimitBytes: number;
}

/** Bytes that the process may take; never so much that the machine has little left. */
export function allowedBytes({ calls, openResults, memoryLimitBytes }: Load): number {
  const running = Math.min(Math.max(1, calls), MAX_SLOTS) * TOLERANCE;
  const shares = running + Math.min(openResults, MAX_OPEN_RESULTS);
  return Math.min(BASE_BYTES + shares * memoryLimitBytes, totalmem() * 0.75);
}

export interface WatchOptions {
  /** Bytes that the process takes now; undefined when it is gone. */
  readonly residentBytes: () => Promise<number | undefined>;
  readonly allowedBytes: () => number;
  /** Settles when the process has answered. */
  readonly ping: () => Promise<unknown>;
  readonly onExceeded: () => void;
  readonly onSilent: () => void;
}

/**
 * Looks after the engine's process from outside while calls run: a value that takes all memory (`repeat('x', 1500000000)`,
 * `range(200000000)`) is not in the engine's own count, and while it is converted the process can't look after itself.
 */
export class Watch {
  readonly #options: WatchOptions;
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isPinging = false;
  #silentMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Counts the work as a call as long as it runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    this.#schedule(PERIOD_MS);
    try {
      return await work();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#rest();
    }
  }

  #schedule(delayMs: number): void {
    if (this.#isLooking || this.#calls === 0) return;
    this.#timer ??= setTimeout(() => void this.#look(delayMs), delayMs);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#silentMs = 0;
  }

  async #look(waitedMs: number): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    const startMs = performance.now();
    const bytes = await this.#options.residentBytes();
    const tookMs = performance.now() - startMs;
    this.#isLooking = false;
    if (this.#calls === 0 || bytes === undefined) return;
    if (bytes > this.#options.allowedBytes()) return this.#options.onExceeded();
    // What we waited on purpose counts, not the clock: our own event loop may have stood still.
    this.#silentMs += waitedMs;
    if (this.#silentMs > SILENCE_MS) return this.#options.onSilent();
    this.#ping();
    this.#schedule(Math.max(PERIOD_MS, tookMs / LOOK_SHARE));
  }

  #ping(): void {
    if (this.#isPinging) return;
    this.#isPinging = true;
    const answered = () => {
      this.#isPinging = false;
      this.#silentMs = 0;
    };
    this.#options.ping().then(answered, answered);
  }
}
