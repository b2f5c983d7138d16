import { HearthError } from "./errors.ts";

/** A bounded number of places with a queue in front, first come first served. */
export class Slots {
  #free: number;
  readonly #maxWaiting: number;
  readonly #what: string;
  readonly #queue: (() => void)[] = [];

  /**
   * @param what holds a place, in words, such as "large reads"
   * @param maxWaiting beyond this many waiting, `take` throws `too-busy`
   */
  constructor(count: number, what: string, maxWaiting = Number.POSITIVE_INFINITY) {
    this.#free = count;
    this.#what = what;
    this.#maxWaiting = maxWaiting;
  }

  /** Waits for a place; what it gives back frees it. Throws `too-busy`, and the signal's reason when that aborts first. */
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
    if (this.#queue.length >= this.#maxWaiting) {
      throw new HearthError("too-busy", `Too many ${this.#what} are waiting already`, {
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
    });
  }

  /** A freed place passes to the next in the queue, so nobody can come between. */
  #release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
