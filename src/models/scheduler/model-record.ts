import type { ModelState, SchedulerModel, StopReason } from "./types.ts";

/** A request that waits for a model. */
export interface Waiting {
  readonly id: number;
  readonly sinceMs: number;
}

const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 60_000;
/** A server that ran so long has proved itself: its end is no crash loop. */
const PROVEN_MS = 60_000;

/** One model's state in the scheduler. */
export class ModelRecord {
  config: SchedulerModel;
  state: ModelState = "stopped";
  /** Requests that run. */
  inFlight = 0;
  /** In the order of their coming. */
  readonly queue: Waiting[] = [];
  /** Somebody asked for it by hand, or it is to be there from the start. */
  wantedSinceMs: number | undefined;
  isPinned = false;
  /** It had to make place for another. */
  isDisplaced = false;
  /** It is gone from the config, and goes as soon as it is stopped. */
  isRemoved = false;
  measuredBytes: number | undefined;
  lastUsedMs: number | undefined;
  readySinceMs: number | undefined;
  starts = 0;
  failures = 0;
  reason: string | undefined;
  retryAtMs: number | undefined;
  /** What it is stopped for once it has drained. */
  stopReason: StopReason = "request";

  constructor(config: SchedulerModel) {
    this.config = config;
  }

  get memoryBytes(): number | undefined {
    return this.config.memoryBytes ?? this.measuredBytes;
  }

  /** It takes place: its server runs, or is about to. */
  get isResident(): boolean {
    return this.state !== "stopped" && this.state !== "failed";
  }

  get isBusy(): boolean {
    return this.inFlight > 0 || this.queue.length > 0;
  }

  /** Since when somebody waits for it; undefined: nobody does. */
  get waitingSinceMs(): number | undefined {
    const [first] = this.queue;
    if (first === undefined) return this.wantedSinceMs;
    return Math.min(first.sinceMs, this.wantedSinceMs ?? Infinity);
  }

  get hasRoom(): boolean {
    const { concurrencyLimit } = this.config;
    return concurrencyLimit === 0 || this.inFlight < concurrencyLimit;
  }

  /** When it is to be unloaded; undefined: not by its idleness. */
  get unloadAtMs(): number | undefined {
    const { ttlMs } = this.config;
    if (this.state !== "ready" || ttlMs === 0 || this.isBusy || this.isPinned) return undefined;
    return Math.max(this.lastUsedMs ?? 0, this.readySinceMs ?? 0) + ttlMs;
  }

  began(): void {
    this.state = "starting";
    this.starts += 1;
    this.isDisplaced = false;
  }

  becameReady(nowMs: number): void {
    this.state = "ready";
    this.readySinceMs = nowMs;
    this.wantedSinceMs = undefined;
    this.reason = undefined;
    this.retryAtMs = undefined;
  }

  /**
   * It could not be started, or ended by itself. It is tried again at the next request, after a time that doubles with
   * each failure in a row; after the first end of a server that ran, at once.
   */
  failed(nowMs: number, reason: string): void {
    const ranMs = this.readySinceMs === undefined ? 0 : nowMs - this.readySinceMs;
    const wasReady = this.readySinceMs !== undefined;
    this.failures = ranMs >= PROVEN_MS ? 1 : this.failures + 1;
    const exponent = this.failures - (wasReady ? 2 : 1);
    this.retryAtMs =
      exponent < 0 ? undefined : nowMs + Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** exponent);
    this.state = "failed";
    this.reason = reason;
    this.readySinceMs = undefined;
    this.wantedSinceMs = undefined;
    this.inFlight = 0;
  }

  stopped(): void {
    this.state = "stopped";
    this.readySinceMs = undefined;
    this.inFlight = 0;
  }

  /** A person wants it: what failed before counts no more. */
  forgive(): void {
    this.failures = 0;
    this.retryAtMs = undefined;
  }
}
