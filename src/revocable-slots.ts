import { setTimeout as sleep } from "node:timers/promises";
import { HearthError } from "./errors.ts";

/** A place that its holder keeps while it works, and loses when it rests for long while others wait. */
export interface RevocablePlace {
  /** Others have it now. */
  readonly isRevoked: boolean;
  /** The holder waits for its reader from now on. */
  pause(): void;
  /** The reader is back. */
  resume(): void;
  /** Gives the place back; the second call, and one after it was revoked, does nothing. */
  free(): void;
}

export interface RevocableSlotsOptions {
  readonly count: number;
  /** What holds a place, in words, such as "large results". */
  readonly what: string;
  /** Beyond this many waiting, `take` throws `too-busy`. */
  readonly maxWaiting: number;
  /** Milliseconds that a holder may rest while others wait; default 10 s. */
  readonly patienceMs?: number;
  /** Milliseconds and a pause by the same clock; default the process's own. */
  readonly clock?: { readonly now: () => number; readonly pause: (ms: number) => Promise<unknown> };
}

interface Holder {
  readonly revoke: () => void;
  pausedMs: number | undefined;
  isRevoked: boolean;
}

const PATIENCE_MS = 10_000;

/**
 * A bounded number of places with a queue in front, first come first served. A holder whose reader takes nothing keeps its
 * place as long as nobody waits; when somebody does, the one that has rested longest loses it after `patienceMs`.
 */
export class RevocableSlots {
  readonly #options: Required<RevocableSlotsOptions>;
  readonly #holders = new Set<Holder>();
  readonly #queue: (() => void)[] = [];
  /** Places that were given to a waiting request which has not gone on yet. */
  #passed = 0;
  #isReclaiming = false;

  constructor(options: RevocableSlotsOptions) {
    const clock = { now: () => performance.now(), pause: (ms: number) => sleep(ms) };
    this.#options = { patienceMs: PATIENCE_MS, clock, ...options };
  }

  /**
   * Waits for a place. Throws `too-busy`, and the signal's reason when that aborts first.
   *
   * @param revoke called once when the place is taken away; frees what the holder has
   */
  async take(signal: AbortSignal | undefined, revoke: () => void): Promise<RevocablePlace> {
    signal?.throwIfAborted();
    if (this.#holders.size + this.#passed >= this.#options.count) {
      await this.#wait(signal);
      this.#passed -= 1;
    }
    const holder: Holder = { revoke, pausedMs: undefined, isRevoked: false };
    this.#holders.add(holder);
    return {
      get isRevoked() {
        return holder.isRevoked;
      },
      pause: () => {
        holder.pausedMs = this.#options.clock.now();
        void this.#reclaim();
      },
      resume: () => (holder.pausedMs = undefined),
      free: () => this.#free(holder),
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { maxWaiting, what } = this.#options;
    if (this.#queue.length >= maxWaiting) {
      throw new HearthError("too-busy", `Too many ${what} are waiting already`, {
        hint: "Try again in a moment.",
      });
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#queue.push(enter);
      void this.#reclaim();
    });
  }

  #free(holder: Holder): void {
    if (!this.#holders.delete(holder)) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#passed += 1;
    next();
  }

  /** Takes places away from those that rest, as long as somebody waits and somebody rests. */
  async #reclaim(): Promise<void> {
    if (this.#isReclaiming) return;
    this.#isReclaiming = true;
    const { patienceMs, clock } = this.#options;
    try {
      while (this.#queue.length > 0) {
        const holder = this.#longestPaused();
        if (holder?.pausedMs === undefined) return;
        const leftMs = holder.pausedMs + patienceMs - clock.now();
        if (leftMs > 0) await clock.pause(leftMs);
        else {
          holder.isRevoked = true;
          this.#free(holder);
          holder.revoke();
        }
      }
    } finally {
      this.#isReclaiming = false;
    }
  }

  #longestPaused(): Holder | undefined {
    let longest: Holder | undefined;
    for (const holder of this.#holders) {
      if (holder.pausedMs === undefined) continue;
      if (longest?.pausedMs === undefined || holder.pausedMs < longest.pausedMs) longest = holder;
    }
    return longest;
  }
}

/** What a reader gets that rested so long that another got its place. */
export function placeLost(): HearthError {
  return new HearthError("too-busy", "The answer was not read for a while, and others waited for its place", {
    hint: "Ask again, and read the answer without long pauses.",
  });
}
