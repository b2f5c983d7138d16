import { setImmediate } from "node:timers";
import { HearthError } from "./errors.ts";

/**
 * Long work in steps, so that the server keeps answering while it runs. A `Steps` generator yields wherever it may be
 * interrupted, at least about every millisecond; `atOnce` runs it through, `inTurns` gives everything else its turn.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Milliseconds of such work between two turns of the event loop. */
const SLICE_MS = 5;

/** Who waits for a turn. One goes on in each turn of the event loop, so that many together hold it no longer than one. */
const waiting: (() => void)[] = [];
let isScheduled = false;

function schedule(): void {
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}

/**
 * Lets everything else that waits have its turn, then goes on. Throws the signal's reason once it is aborted:
 * `request-cancelled` where that is not a `HearthError`.
 */
export async function turn(signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (!isScheduled) schedule();
  });
  throwIfCancelled(signal);
}

/** Throws the signal's reason once it is aborted, as `request-cancelled` where that is not a `HearthError`. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof HearthError) throw signal.reason;
  throw new HearthError("request-cancelled", "The request was cancelled", { cause: signal.reason });
}

/** Runs steps to their end without a pause: for small inputs, and where nobody else waits. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Runs steps to their end in slices of a few milliseconds, with a turn for all others in between. Throws as `turn`. */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  let end = performance.now() + SLICE_MS;
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (performance.now() < end) continue;
      await turn(signal);
      end = performance.now() + SLICE_MS;
    }
  } finally {
    steps.return(undefined as T);
  }
}
