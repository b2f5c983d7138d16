import type { HearthError } from "../errors.ts";

/** After a start that failed the next is tried this much later, twice as long each time up to the second. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** A time in which a process that can't be started is not tried again: every caller gets the failure as it was. */
export class StartPause {
  #reason: HearthError | undefined;
  #lengthMs = 0;
  #untilMs = 0;

  /** Throws the failure that the pause began with. */
  check(): void {
    if (this.isOn()) throw this.#reason;
  }

  isOn(): boolean {
    return this.#reason !== undefined && performance.now() < this.#untilMs;
  }

  begin(reason: HearthError): void {
    this.#reason = reason;
    this.#lengthMs = Math.min(LONGEST_PAUSE_MS, this.#lengthMs === 0 ? FIRST_PAUSE_MS : this.#lengthMs * 2);
    this.#untilMs = performance.now() + this.#lengthMs;
  }

  reset(): void {
    this.#reason = undefined;
    this.#lengthMs = 0;
  }
}
