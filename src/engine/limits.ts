import { setImmediate as nextTurn } from "node:timers/promises";
import { HearthError } from "../errors.ts";
import { faultOf, type Origin } from "./fault.ts";
import type { RevocablePlace } from "../revocable-slots.ts";
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
  /** Called when the engine does not heed the interrupt: the call has failed, but its thread works on. Without it the call is waited for. */
  readonly onStuck?: (() => void) | undefined;
  /** Knows better than `faultOf` what some failures are. */
  readonly explain?: (error: unknown) => HearthError | undefined;
}

/**
 * An interrupt is heeded between two vectors of rows, but neither while constants are folded nor inside one value. After
 * this long a query whose time is up is stuck.
 */
const LATE_MS = 500;

/** The same after the caller left: nobody waits for the answer, so the other queries of the process have more time. */
const LEFT_MS = 3000;

/** Runs engine calls one by one; each ends soon after the signal's abort or when its time is up. */
export class Limits {
  readonly #options: LimitOptions;
  #leftMs: number;
  #call: { readonly ended: Promise<unknown>; readonly stuck: Promise<never>; end(): void } | undefined;
  #isStuck = false;

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
    let call: Promise<T> | undefined;
    try {
      call = work();
      const ended = call.catch(() => {});
      this.#call = { ended, stuck: watch.stuck, end: watch.end };
      const result = await Promise.race([call, watch.stuck]);
      if (signal?.aborted === true) throw cancelled(signal);
      // An interrupted fetch ends without an error, as if there were no more rows
      if (watch.isLate()) throw tooLong(this.#options.timeLimitSeconds, undefined);
      return result;
    } catch (error) {
      if (signal?.aborted === true) throw cancelled(signal);
      if (watch.isLate()) throw tooLong(this.#options.timeLimitSeconds, error);
      throw explain?.(error) ?? faultOf(error, origins);
    } finally {
      this.#leftMs -= performance.now() - startMs;
      const free = () => {
        watch.stop();
        release();
      };
      // A stuck call holds its thread, and so its place, until it ends; the next step of it is interrupted too.
      if (this.#isStuck && call !== undefined) void call.then(free, free);
      else free();
    }
  }

  /**
   * Interrupts the call that runs, if there is one, and waits until it has ended. False: it is stuck, and `ended` will
   * tell when the connection is free.
   */
  async end(): Promise<boolean> {
    const call = this.#call;
    if (call === undefined || this.#isStuck) return !this.#isStuck;
    call.end();
    await Promise.race([call.ended, call.stuck]).catch(() => {});
    return !this.#isStuck;
  }

  /** Settles when no call holds the connection any more. */
  async ended(): Promise<void> {
    await this.#call?.ended;
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

  /**
   * Waits for a place for a result that does not come at once. Throws `too-busy` and `request-cancelled`.
   *
   * @param revoke called when the result was not read for long while others waited
   */
  async holdResult(revoke: () => void): Promise<RevocablePlace> {
    const { signal } = this.#options;
    try {
      return await RESULT_SLOTS.take(signal, revoke);
    } catch (error) {
      throw signal?.aborted === true ? cancelled(signal) : error;
    }
  }

  #watch(): { readonly stuck: Promise<never>; end(): void; isLate(): boolean; stop(): void } {
    const { signal, interrupt, onStuck } = this.#options;
    const stuck = Promise.withResolvers<never>();
    stuck.promise.catch(() => {}); // nobody may be waiting for it any more
    let patience: ReturnType<typeof setTimeout> | undefined;
    let isLate = false;
    let isOver = false;
    let repeat: ReturnType<typeof setInterval> | undefined;
    const giveUp = () => {
      this.#isStuck = true;
      stuck.reject(new Error("The engine did not heed its interrupt"));
      onStuck?.();
    };
    const end = (patienceMs = LEFT_MS) => {
      if (isOver || this.#isStuck) return;
      interrupt();
      repeat ??= setInterval(interrupt, REPEAT_MS);
      if (onStuck === undefined) return;
      clearTimeout(patience);
      patience = setTimeout(giveUp, patienceMs);
    };
    const late = () => {
      isLate = true;
      end(LATE_MS);
    };
    const left = () => end();
    const isLimited = Number.isFinite(this.#leftMs);
    const timer = isLimited ? setTimeout(late, Math.min(2 ** 31 - 1, Math.max(1, this.#leftMs))) : undefined;
    signal?.addEventListener("abort", left, { once: true });
    // The signal may have aborted while the call waited for its place.
    if (signal?.aborted === true) left();
    const stop = () => {
      isOver = true;
      clearTimeout(timer);
      clearInterval(repeat);
      clearTimeout(patience);
      signal?.removeEventListener("abort", left);
      this.#call = undefined;
    };
    return { stuck: stuck.promise, end: left, isLate: () => isLate, stop };
  }
}

function cancelled(signal: AbortSignal | undefined): HearthError {
  const reason: unknown = signal?.reason;
  if (reason instanceof HearthError) return reason;
  return new HearthError("request-cancelled", "The request was cancelled", { cause: reason });
}

/** The error of a query whose time is up. */
export function tooLong(seconds: number, cause: unknown): HearthError {
  return new HearthError("time-limit", `The query ran longer than the ${seconds} s it may`, {
    hint: "Make it smaller, or raise compute.timeout (`--compute-timeout`, HEARTH_COMPUTE_TIMEOUT).",
    cause,
  });
}
