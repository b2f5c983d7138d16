import { HearthError } from "./errors.ts";

/** Seconds after which a client that found no place may ask again. */
const RETRY_SECONDS = 5;

/** A bounded number of places without a queue: who finds none is refused at once. */
export class Places {
  readonly #count: number;
  readonly #what: string;
  #taken = 0;

  /** @param what holds a place, in words, such as "uploads" */
  constructor(count: number, what: string) {
    this.#count = count;
    this.#what = what;
  }

  /** Takes a place; what it gives back frees it. Throws `too-busy`. */
  take(): () => void {
    if (this.#taken >= this.#count) {
      throw new HearthError("too-busy", `${this.#count} ${this.#what} are under way already`, {
        hint: "Try again in a few seconds.",
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    this.#taken += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#taken -= 1;
      isHeld = false;
    };
  }
}
