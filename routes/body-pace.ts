import { HearthError } from "../src/errors.ts";

/** Milliseconds in which a body may come at any rate. */
const START_MS = 30_000;

/** Bytes a second that a body must have had on average after that. */
const LEAST_BYTES_PER_SECOND = 1000;

/**
 * Refuses a body that trickles: each pause is short enough, and yet it never ends. Only the time that is waited for the
 * client counts. Throws `body-timeout`.
 *
 * @param waitedMs milliseconds waited for the client since the start
 * @param received bytes
 */
export function checkPace(waitedMs: number, received: number): void {
  if (waitedMs <= START_MS || received * 1000 >= waitedMs * LEAST_BYTES_PER_SECOND) return;
  const seconds = Math.round(waitedMs / 1000);
  throw new HearthError("body-timeout", `Only ${received} bytes of the body came in ${seconds} s`, {
    hint: `Send at least ${LEAST_BYTES_PER_SECOND} bytes a second on average.`,
  });
}
