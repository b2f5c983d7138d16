import type { InFlight } from "./in-flight.ts";

/** `setTimeout` turns longer delays into 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Tells when a server has not been used for its idle timeout. */
export interface IdleClock {
  /** Seconds; 0 means never. */
  readonly timeoutSeconds: number;
  /** Seconds since the last use ended; 0 while something runs. */
  readonly idleSeconds: number;
  /** Seconds until the server leaves if nothing comes; undefined when it never does. */
  readonly remainingSeconds: number | undefined;
  /** Changes the timeout in place. */
  setTimeoutSeconds(seconds: number): void;
  /** Ends the clock; `onIdle` will not be called any more. */
  stop(): void;
}

/** The clock and the timer that an idle clock runs on; a test gives its own. */
export interface IdleTiming {
  /** Milliseconds, never going back; the clock of the `InFlight` as well. */
  readonly now: () => number;
  /** Calls back once after some milliseconds; what it returns takes that back. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

const SYSTEM_TIMING: IdleTiming = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    // The listening sockets keep the process alive, not this.
    timer.unref?.();
    return () => clearTimeout(timer);
  },
};

/**
 * Calls `onIdle` once, when `timeoutSeconds` have passed since the last use ended and nothing is running. A request costs
 * nothing here: the one timer looks at what `inFlight` noted and arms itself again.
 */
export function createIdleClock(
  options: { timeoutSeconds: number; inFlight: InFlight; onIdle: () => void },
  timing: IdleTiming = SYSTEM_TIMING,
): IdleClock {
  const { inFlight } = options;
  let timeoutMs = options.timeoutSeconds * 1000;
  let cancel: (() => void) | undefined;
  const isUsed = (): boolean => inFlight.active > 0 || inFlight.kept > 0;
  const idleMs = (): number => (isUsed() ? 0 : timing.now() - inFlight.lastUseMs);

  function arm(): void {
    cancel?.();
    cancel = undefined;
    if (timeoutMs <= 0) return;
    const delayMs = Math.min(Math.max(1, timeoutMs - idleMs()), LONGEST_DELAY_MS);
    cancel = timing.after(delayMs, look);
  }

  function look(): void {
    cancel = undefined;
    if (!isUsed() && idleMs() >= timeoutMs) options.onIdle();
    else arm();
  }

  arm();
  return {
    get timeoutSeconds() {
      return timeoutMs / 1000;
    },
    get idleSeconds() {
      return idleMs() / 1000;
    },
    get remainingSeconds() {
      return timeoutMs <= 0 ? undefined : Math.max(0, timeoutMs - idleMs()) / 1000;
    },
    setTimeoutSeconds(seconds) {
      timeoutMs = seconds * 1000;
      arm();
    },
    stop() {
      timeoutMs = 0;
      arm();
    },
  };
}
