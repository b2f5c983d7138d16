/** The process itself with the engine loaded, results on their way out, and what the allocator keeps for later. */
const BASE_BYTES = 512 << 20;

/** Of the memory limit of each query: the engine's own count leaves out what quantiles, lists and the like collect. */
const TOLERANCE = 2;

/** A function that fills memory as fast as it can makes some 100 MiB in this time. */
const PERIOD_MS = 50;

export interface WatchMemoryOptions {
  /** How many engine calls run now. */
  readonly running: () => number;
  /** What each of them may take. */
  readonly memoryLimitBytes: () => number;
  /** Called once. */
  readonly onExceeded: () => void;
}

/**
 * Watches the resident memory of this process. The engine's own limit counts tables, sorts, joins and groups, but not
 * what a function makes of one value (`repeat('x', 1500000000)`, `range(200000000)`).
 */
export function watchMemory({ running, memoryLimitBytes, onExceeded }: WatchMemoryOptions): void {
  const timer = setInterval(() => {
    const allowed = BASE_BYTES + Math.max(1, running()) * memoryLimitBytes() * TOLERANCE;
    if (memoryLimitBytes() === 0 || process.memoryUsage.rss() <= allowed) return;
    clearInterval(timer);
    onExceeded();
  }, PERIOD_MS);
}
