import { ask } from "./ask.ts";
import { pause } from "./wait.ts";

const FIRST_POLL_MS = 10;
const SLOWEST_POLL_MS = 250;
/** The interval's part of the time waited so far, so that a slow server is used at most 4 % later than it could be. */
const POLL_SHARE = 0.04;
/** A server under load may take long to answer; while it starts, it is asked anew after this. */
const PROBE_MS = 5000;

export interface ReadinessCheck {
  readonly baseUrl: string;
  /** Path that answers 200 once the server is ready. */
  readonly path: string;
  /** Asked in place of `path` where that one answers 404 or 405. */
  readonly fallbackPath: string | undefined;
}

/** The last answer to a check, for a message. */
export interface Readiness {
  isReady: boolean;
  lastStatus: number | undefined;
}

/** Asks once whether a server is ready. */
export async function askReadiness(check: ReadinessCheck, timeoutMs: number = PROBE_MS): Promise<Readiness> {
  const { baseUrl, path, fallbackPath } = check;
  const { status } = await ask(`${baseUrl}${path}`, timeoutMs);
  const lacksCheck = status === 404 || status === 405;
  if (!lacksCheck || fallbackPath === undefined) return { isReady: isSuccess(status), lastStatus: status };
  const fallback = await ask(`${baseUrl}${fallbackPath}`, timeoutMs);
  return { isReady: isSuccess(fallback.status), lastStatus: fallback.status };
}

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/** Asks until the server is ready, quickly at first; gives the last answer when `signal` ends the waiting. */
export async function untilReady(check: ReadinessCheck, signal: AbortSignal): Promise<Readiness> {
  const beganMs = performance.now();
  let lastStatus: number | undefined;
  // A probe that hangs must not hold up what has ended meanwhile.
  const ended = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  while (!signal.aborted) {
    const answer = await Promise.race([askReadiness(check), ended]);
    if (answer === undefined) break;
    lastStatus = answer.lastStatus ?? lastStatus;
    if (answer.isReady) return answer;
    await pause(pollMs(performance.now() - beganMs), signal);
  }
  return { isReady: false, lastStatus };
}

/** How long to wait for the next look after so much time. */
export function pollMs(waitedMs: number): number {
  return Math.min(SLOWEST_POLL_MS, Math.max(FIRST_POLL_MS, waitedMs * POLL_SHARE));
}
