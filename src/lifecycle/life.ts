import { createInFlight } from "./in-flight.ts";
import type { InFlight } from "./in-flight.ts";

/** Why a server ended; `fault`: for an uncaught error that belongs to no request. */
export type StopReason = "idle" | "signal" | "request" | "superseded" | "failed" | "fault";

/** What all parts of one server share about its coming and going. Makes no timers and holds no descriptors. */
export interface ServerLife {
  readonly inFlight: InFlight;
  /** True from the moment the decision to leave fell: what has not begun is answered with 503 `server-stopping`. */
  readonly isStopping: boolean;
  /** Calls `listener` when stopping begins, so that watching streams say `server-stopping` and end. */
  onStopping(listener: () => void): () => void;
  /**
   * Calls `hook` after the last request ended: to stop children, close data. What it throws is passed to the log.
   *
   * @param limitMs how long the end is held up for it
   */
  onStop(hook: () => void | Promise<void>, limitMs?: () => number): () => void;
  /** Begins stopping; the second call does nothing. What a listener throws goes to `onError`, and keeps nobody. */
  beginStopping(onError?: (error: unknown) => void): void;
  /** Runs the stop hooks, each once, the last registered first. */
  runStopHooks(onError: (error: unknown) => void): Promise<void>;
}

const HOOK_MS = 10_000;

/** A life that has just begun. An embedded app uses one too, without any server of ours. */
export function createServerLife(inFlight: InFlight = createInFlight()): ServerLife {
  const stoppingListeners = new Set<() => void>();
  const stopHooks = new Map<() => void | Promise<void>, () => number>();
  let isStopping = false;

  return {
    inFlight,
    get isStopping() {
      return isStopping;
    },
    onStopping(listener) {
      stoppingListeners.add(listener);
      return () => stoppingListeners.delete(listener);
    },
    onStop(hook, limitMs = () => HOOK_MS) {
      stopHooks.set(hook, limitMs);
      return () => stopHooks.delete(hook);
    },
    beginStopping(onError = () => {}) {
      if (isStopping) return;
      isStopping = true;
      const listeners = [...stoppingListeners];
      stoppingListeners.clear();
      for (const listener of listeners) {
        try {
          listener();
        } catch (error) {
          onError(error);
        }
      }
    },
    async runStopHooks(onError) {
      const hooks = [...stopHooks].toReversed();
      stopHooks.clear();
      for (const [hook, limitMs] of hooks) {
        try {
          await endOf(hook(), limitMs());
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}

async function endOf(work: void | Promise<void>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
