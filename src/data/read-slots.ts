import { HearthError } from "../errors.ts";

/** Lets a bounded number of holders in at a time; the others wait in order. */
export class ReadSlots {
  readonly #slots: number;
  readonly #maxWaiting: number;
  #taken = 0;
  readonly #queue: (() => void)[] = [];

  /** @param maxWaiting beyond this many waiting, `take` throws `too-busy` */
  constructor(slots: number, maxWaiting: number) {
    this.#slots = slots;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a slot; call what it gives to free it again, once. Throws `too-busy` when too many wait already, and the
   * signal's reason.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken < this.#slots) this.#taken += 1;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#free();
      isHeld = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#maxWaiting) {
      throw new HearthError("too-busy", "Too many large reads are waiting already", {
        hint: "Try again in a moment.",
      });
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(signal.reason);
      };
      this.#queue.push(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** A freed slot passes to the next in the queue, so nobody can come between. */
  #free(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}
