import { HearthError } from "../errors.ts";

/** The end of one try: by the time limit, or because the caller gave up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The time limit no longer counts, giving up still does: for an answer that streams on until `release`. */
  hold(): void;
  /** The try is over: lets go of timer and listeners, unless held. */
  end(): void;
  /** Lets go of what was held. */
  release(): void;
  /** What a failure of this try really was. */
  explain(failure: unknown): HearthError;
}

/** @param seconds 0: no time limit */
export function startDeadline(seconds: number, signals: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(cancelled(signals));
  for (const signal of signals) {
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  }
  const timer =
    seconds > 0 ? setTimeout(() => controller.abort(timedOut(seconds)), seconds * 1000) : undefined;
  const release = (): void => {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", giveUp);
  };
  let isHeld = false;
  return {
    signal: controller.signal,
    hold: () => {
      clearTimeout(timer);
      isHeld = true;
    },
    end: () => {
      if (!isHeld) release();
    },
    release,
    explain: (failure) => explain(failure, controller.signal),
  };
}

function explain(failure: unknown, signal: AbortSignal): HearthError {
  if (signal.aborted && signal.reason instanceof HearthError) return signal.reason;
  if (failure instanceof HearthError) return failure;
  return new HearthError("internal", failure instanceof Error ? failure.message : String(failure), {
    cause: failure,
  });
}

function cancelled(signals: readonly AbortSignal[]): HearthError {
  const cause: unknown = signals.find((signal) => signal.aborted)?.reason;
  return new HearthError("request-cancelled", "The request was cancelled", { cause });
}

function timedOut(seconds: number): HearthError {
  return new HearthError("response-timeout", `No answer within ${seconds} s`, {
    hint: "Give it more time, or look at what the server does with `hearth status`.",
  });
}
