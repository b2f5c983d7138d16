import { HearthError } from "../errors.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;

export interface FailedAttempt {
  readonly error: HearthError;
  /** 0 for the first try. */
  readonly attempt: number;
  readonly retries: number;
  /** False for a request that changes something, which must not happen twice. */
  readonly isRepeatable: boolean;
}

/**
 * Milliseconds to wait before the next try, or undefined when there is none. Repeated are failures of the connection and
 * answers of 500 and above, never 4xx. What must not happen twice is repeated only when it cannot have happened: nobody
 * took the connection, or the server answered that it had not begun.
 */
export function retryDelay(failed: FailedAttempt, random: () => number = Math.random): number | undefined {
  if (failed.attempt >= failed.retries || !mayHelp(failed)) return undefined;
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failed.attempt, LONGEST_WAIT_MS);
  // Half of it by chance: clients that failed together should not come back together.
  return Math.round(wait * (0.5 + random() / 2));
}

function mayHelp({ error, isRepeatable }: FailedAttempt): boolean {
  if (error.code === "server-unreachable" || error.code === "server-stopping") return true;
  if (error.code === "response-timeout") return false; // the caller's own limit
  return isRepeatable && error.status >= 500;
}

/**
 * The error as the caller should see it: after a write whose connection broke nobody knows whether it happened, and it
 * would be wrong to call that a failure.
 */
export function finalError({ error, isRepeatable }: FailedAttempt): HearthError {
  const isUnknown = error.code === "connection-broken" || error.code === "response-timeout";
  if (isRepeatable || !isUnknown) return error;
  return new HearthError(
    "maybe-written",
    "The connection broke before the answer came: it may have been written",
    {
      hint: "Look at the target before you write again.",
      cause: error,
    },
  );
}
