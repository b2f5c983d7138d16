/** What runs at this moment, and when the last of it ended: all that idling and draining need to know. */
export interface InFlight {
  /** Requests and streams that hold the server up. */
  readonly active: number;
  /** What keeps the server up and is no request: loaded models. */
  readonly kept: number;
  /** Requests and streams that only look on: the page, metrics, events, followed logs. */
  readonly watching: number;
  /** When something that counts as use last ended, by the clock given; the time of creation before that. */
  readonly lastUseMs: number;
  /**
   * Counts a request until the function that it gives is called, which does something only once. A request whose answer
   * streams ends with its stream. A caller that knows the time already, by the same clock, may pass it.
   */
  enter(kind: "use" | "watch"): (endedMs?: number) => void;
  /** Keeps the server up until the function that it gives is called, without counting as a request. */
  keep(): () => void;
  /** Settles when nothing of that kind runs. */
  whenNone(kind: "use" | "watch"): Promise<void>;
}

/** `now` gives milliseconds of a clock that never goes back. */
export function createInFlight(now: () => number = () => performance.now()): InFlight {
  const counts = { use: 0, watch: 0 };
  let kept = 0;
  const waiting: { kind: "use" | "watch"; resolve: () => void }[] = [];
  let lastUseMs = now();

  function left(kind: "use" | "watch", endedMs: number | undefined): void {
    counts[kind] -= 1;
    if (kind === "use") lastUseMs = endedMs ?? now();
    if (counts[kind] > 0 || waiting.length === 0) return;
    for (const one of waiting) if (counts[one.kind] === 0) one.resolve();
  }

  return {
    get active() {
      return counts.use;
    },
    get kept() {
      return kept;
    },
    get watching() {
      return counts.watch;
    },
    get lastUseMs() {
      return lastUseMs;
    },
    enter(kind) {
      counts[kind] += 1;
      let isInside = true;
      return (endedMs) => {
        if (!isInside) return;
        isInside = false;
        left(kind, endedMs);
      };
    },
    keep() {
      kept += 1;
      let isKept = true;
      return () => {
        if (!isKept) return;
        isKept = false;
        kept -= 1;
        lastUseMs = now();
      };
    },
    whenNone(kind) {
      if (counts[kind] === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ kind, resolve }));
    },
  };
}
