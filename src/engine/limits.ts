import { setImmediate as nextTurn } from "node:timers/promises";
import { HearthError } from "../errors.ts";
import { faultOf, type Origin } from "./fault.ts";
import type { Slots } from "../slots.ts";
import { RESULT_SLOTS } from "./slots.ts";

/** An interrupt that comes before the engine has begun is lost, so it is repeated until the call has ended. */
const REPEAT_MS = 15;

/** What one query may take, counted over all its calls; the time in which a slow reader takes the rows is not counted. */
export interface LimitOptions {
  readonly slots: Slots;
  readonly signal: AbortSignal | undefined;
  /** 0: without limit. */
  readonly timeLimitSeconds: number;
  readonly interrupt: () => void;
  /** Called when the engine does not heed the interrupt; the call fails all the same. Without it the call goes on. */
  readonly onStuck?: (() => void) | undefined;
  /** Knows better than `faultOf` what some failures are. */
  readonly explain?: (error: unknown) => HearthError | undefined;
}

/** An interrupt is heeded between two vectors of rows; what takes longer than this will not end soon. */
const STUCK_MS = 3000;

/** Runs engine calls one by one; each ends soon after the signal's abort or when time is up, and never outlives `run`. */
export class Limits {
  readonly #options: LimitOptions;
  #leftMs: number;

  constructor(options: LimitOptions) {
    this.#options = options;
    this.#leftMs = options.timeLimitSeconds > 0 ? options.timeLimitSeconds * 1000 : Number.POSITIVE_INFINITY;
  }

  /**
   * Throws `request-cancelled`, `time-limit`, and what `faultOf` makes of the engine's failures.
   *
   * @param origins the caller's own texts inside the query, for positions
   */
  async run<T>(work: () => Promise<T>, origins: readonly Origin[] = []): Promise<T> {
    const { slots, signal, explain } = this.#options;
    const release = await slots.take(signal).catch(() => {
      throw cancelled(signal);
    });
    const startMs = performance.now();
    const watch = this.#watch();
    try {
      const result = await Promise.race([work(), watch.stuck]);
      if (signal?.aborted === true) throw cancelled(signal);
      // An interrupted fetch ends without an error, as if there were no more rows
      if (watch.isLate()) throw tooLong(this.#options.timeLimitSeconds, undefined);
      return result;
    } catch (error) {
      if (signal?.aborted === true) throw cancelled(signal);
      if (watch.isLate()) throw tooLong(this.#options.timeLimitSeconds, error);
      throw explain?.(error) ?? faultOf(error, origins);
    } finally {
      watch.stop();
      this.#leftMs -= performance.now() - startMs;
      release();
    }
  }

  /**
   * Runs work of our own on what the engine gave, which counts as the query's time; it calls `turn` now and then, where
   * others get theirs. Throws `request-cancelled` and `time-limit` at such a turn.
   */
  async convert<T>(work: (turn: () => Promise<void>) => Promise<T>): Promise<T> {
    const { signal, timeLimitSeconds } = this.#options;
    const startMs = performance.now();
    const spentMs = () => performance.now() - startMs;
    try {
      return await work(async () => {
        await nextTurn();
        if (signal?.aborted === true) throw cancelled(signal);
        if (spentMs() > this.#leftMs) throw tooLong(timeLimitSeconds, undefined);
      });
    } finally {
      this.#leftMs -= spentMs();
    }
  }

  /** Waits for a place for a result that does not come at once. Throws `too-busy` and `request-cancelled`. */
  async holdResult(): Promise<() => void> {
    const { signal } = this.#options;
    try {
      return await RESULT_SLOTS.take(signal);
    } catch (error) {
      throw signal?.aborted === true ? cancelled(signal) : error;
    }
  }

  #watch(): { readonly stuck: Promise<never>; isLate(): boolean; stop(): void } {
    const { signal, interrupt, onStuck } = this.#options;
    const stuck = Promise.withResolvers<never>();
    let patience: ReturnType<typeof setTimeout> | undefined;
    let isLate = false;
    let repeat: ReturnType<typeof setInterval> | undefined;
    const end = () => {
      interrupt();
      repeat ??= setInterval(interrupt, REPEAT_MS);
      if (onStuck === undefined) return;
      patience ??= setTimeout(() => {
        stuck.reject(new Error("The engine did not heed its interrupt"));
        onStuck();
      }, STUCK_MS);
    };
    const late = () => {
      isLate = true;
      end();
    };
    const isLimited = Number.isFinite(this.#leftMs);
    const timer = isLimited ? setTimeout(late, Math.min(2 ** 31 - 1, Math.max(1, this.#leftMs))) : undefined;
    signal?.addEventListener("abort", end, { once: true });
    const stop = () => {
      clearTimeout(timer);
      clearInterval(repeat);
      clearTimeout(patience);
      signal?.removeEventListener("abort", end);
    };
    return { stuck: stuck.promise, isLate: () => isLate, stop };
  }
}

function cancelled(signal: AbortSignal | undefined): HearthError {
  const reason: unknown = signal?.reason;
  if (reason instanceof HearthError) return reason;
  return new HearthError("request-cancelled", "The request was cancelled", { cause: reason });
}

function tooLong(seconds: number, cause: unknown): HearthError {
  return new HearthError("time-limit", `The query ran longer than the ${seconds} s it may`, {
    hint: "Make it smaller, or raise compute.timeout (`--compute-timeout`, HEARTH_COMPUTE_TIMEOUT).",
    cause,
  });
}
