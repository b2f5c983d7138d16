/** Timers take no more: a longer time (25 days) would count as none at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** Measures the time that a read works, and says when that is too long; while it is paused no time passes. */
export class WorkClock {
  readonly #onOver: () => void;
  #leftMs: number;
  #startedMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limitMs 0: without a limit */
  constructor(limitMs: number, onOver: () => void) {
    this.#leftMs = limitMs === 0 ? Number.POSITIVE_INFINITY : limitMs;
    this.#onOver = onOver;
  }

  start(): void {
    if (this.#timer !== undefined || this.#leftMs === Number.POSITIVE_INFINITY) return;
    this.#startedMs = performance.now();
    this.#timer = setTimeout(this.#onOver, Math.min(this.#leftMs, LONGEST_MS));
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedMs));
  }
}
