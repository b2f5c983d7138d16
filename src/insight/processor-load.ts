/** What `ProcessorLoad` reads: microseconds of processor time so far, and milliseconds of a clock. */
export interface LoadClock {
  readonly cpuUsage: () => { readonly user: number; readonly system: number };
  readonly now: () => number;
}

const PROCESS_CLOCK: LoadClock = { cpuUsage: () => process.cpuUsage(), now: () => performance.now() };

/** Milliseconds below which a span says nothing; as long as psutil's `cpu_percent(interval=0.1)` looks. */
const SHORTEST_MS = 100;

/**
 * The processor time that this process takes, as psutil's `cpu_percent`: 100 is one core. It looks back over the time
 * since the last question, so that none has to wait for a measurement.
 */
export class ProcessorLoad {
  readonly #clock: LoadClock;
  #beforeMs: number;
  #usedBefore: number;
  #percent = 0;

  constructor(clock: LoadClock = PROCESS_CLOCK) {
    this.#clock = clock;
    this.#beforeMs = clock.now();
    this.#usedBefore = this.#usedMs();
  }

  /** With one decimal. Asked again within 100 ms it gives the same. */
  percent(): number {
    const nowMs = this.#clock.now();
    const elapsedMs = nowMs - this.#beforeMs;
    if (elapsedMs < SHORTEST_MS) return this.#percent;
    const usedMs = this.#usedMs();
    this.#percent = Math.round(((usedMs - this.#usedBefore) / elapsedMs) * 1000) / 10;
    this.#beforeMs = nowMs;
    this.#usedBefore = usedMs;
    return this.#percent;
  }

  #usedMs(): number {
    const { system, user } = this.#clock.cpuUsage();
    return (system + user) / 1000;
  }
}
