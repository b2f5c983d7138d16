/** A function that fills memory as fast as it can makes some 100 MB in this time. */
const PERIOD_MS = 50;

/** Looking, where it takes long, takes at most this part of the time. */
const LOOK_SHARE = 1 / 20;

/** An event loop that stood still for so long, with work at hand, will not go on soon. */
const SILENCE_MS = 20_000;

export interface WatchOptions {
  /** Bytes that the process takes now; undefined when it is gone. */
  readonly residentBytes: () => Promise<number | undefined>;
  readonly allowedBytes: () => number;
  /** Called with the bytes at every look that finds no excess. */
  readonly onLook?: (bytes: number) => void;
  /** Settles when the process has answered. */
  readonly ping: () => Promise<unknown>;
  readonly onExceeded: () => void;
  readonly onSilent: () => void;
  /** Milliseconds between two looks; default 50. */
  readonly periodMs?: number;
  /** Milliseconds that the process may be silent; default 20 s. */
  readonly silenceMs?: number;
}

/**
 * Watches another process from outside while calls run in it: a value that takes all memory (`repeat('x', 1500000000)`, a
 * workbook of empty cells) is not in the process's own count, and while it works the process can't look after itself.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #periodMs: number;
  readonly #silenceMs: number;
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isPinging = false;
  #silentMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#periodMs = options.periodMs ?? PERIOD_MS;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Counts the work as a call as long as it runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    this.#schedule(this.#periodMs);
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
    this.#options.onLook?.(bytes);
    // What we waited on purpose counts, not the clock: our own event loop may have stood still.
    this.#silentMs += waitedMs;
    if (this.#silentMs > this.#silenceMs) return this.#options.onSilent();
    this.#ping();
    this.#schedule(Math.max(this.#periodMs, tookMs / LOOK_SHARE));
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
