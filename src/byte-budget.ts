import { HearthError } from "./errors.ts";

/** Who waits for bytes. */
interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Bytes of memory that many share: a request for more than is free waits, first come first served, so that a large
 * request is not passed over without end.
 */
export class ByteBudget {
  readonly #capacity: number;
  readonly #maxWaitMs: number;
  readonly #what: string;
  readonly #queue: Waiting[] = [];
  #used = 0;

  /**
   * @param capacity in bytes; a larger wish than that is granted when nobody else has any
   * @param what takes the bytes, in words, such as "large request bodies"
   * @param maxWaitMs milliseconds after which one that waits is told to come again
   */
  constructor(capacity: number, what: string, maxWaitMs: number) {
    this.#capacity = capacity;
    this.#what = what;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Waits until this many bytes are free; what it gives back frees them. Throws `too-busy` after too long a wait, and
   * the signal's reason when that aborts first.
   */
  async take(wanted: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const bytes = Math.min(wanted, this.#capacity);
    if (this.#queue.length === 0 && this.#used + bytes <= this.#capacity) this.#used += bytes;
    else await this.#wait(bytes, signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= bytes;
      this.#admit();
    };
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        settle();
        this.#queue.splice(this.#queue.indexOf(entry), 1);
        reject(reason as Error);
        // It may have stood before a smaller wish.
        this.#admit();
      };
      const onAbort = () => leave(signal.reason);
      const timer = setTimeout(() => leave(tooBusy(this.#what)), this.#maxWaitMs);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const entry: Waiting = {
        bytes,
        enter: () => {
          settle();
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(entry);
    });
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#used + next.bytes > this.#capacity) return;
      this.#queue.shift();
      this.#used += next.bytes;
      next.enter();
    }
  }
}

function tooBusy(what: string): HearthError {
  return new HearthError("too-busy", `Too many ${what} are being handled already`, {
    hint: "Try again in a moment.",
    retryAfterSeconds: 5,
  });
}
