import { HearthError } from "./errors.ts";

/** Disk space that something may use until it is released. */
export interface SpillLease {
  /** Bytes. */
  readonly bytes: number;
  /** Takes `bytes` more. Throws `disk-full` when the budget has less left; the lease stays as it was then. */
  grow(bytes: number): void;
  /** Gives everything back; the second call does nothing. */
  release(): void;
}

/** One database may take this part of the space that is left, so that the next ones have some too. */
const SHARE = 1 / 4;

/**
 * The disk space of `spillLimit`, which uploads and the engine's databases share. What they hold together never exceeds the
 * limit: a database, whose needs nobody knows beforehand, takes its share when it is opened.
 */
export class SpillBudget {
  readonly #limitBytes: () => number;
  #usedBytes = 0;

  /** @param limitBytes bytes; read at every use, so it may follow a setting */
  constructor(limitBytes: () => number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are held at this moment. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Throws `disk-full` when less than `bytes` are left; takes nothing. */
  check(bytes: number): void {
    if (this.#usedBytes + bytes > this.#limitBytes()) throw spillLimitReached();
  }

  /** An empty lease, to grow with what is written. */
  lease(): SpillLease {
    return this.#lease(0);
  }

  /** A lease of a part of what is left; of 0 bytes when nothing is. */
  share(): SpillLease {
    const left = Math.max(0, this.#limitBytes() - this.#usedBytes);
    return this.#lease(Math.floor(left * SHARE));
  }

  #lease(first: number): SpillLease {
    let held = first;
    let isReleased = false;
    this.#usedBytes += first;
    return {
      get bytes() {
        return held;
      },
      grow: (bytes) => {
        if (isReleased) throw new Error("A released lease can't grow");
        this.check(bytes);
        held += bytes;
        this.#usedBytes += bytes;
      },
      release: () => {
        if (!isReleased) this.#usedBytes -= held;
        isReleased = true;
      },
    };
  }
}

/** The error of a request that needs more disk space than `spillLimit` has left. */
export function spillLimitReached(cause?: unknown): HearthError {
  const message = "The request needs more disk space than spillLimit has left for uploads and spilled data";
  return new HearthError("disk-full", message, {
    hint: "Send or select less, try again when other requests have ended, or raise spillLimit.",
    cause,
  });
}
