import { HearthError } from "../errors.ts";

/**
 * Runs work under a signal that also aborts when its time is over, with `time-limit`. It can end only between two steps
 * of the work: a function that never comes back holds everything up.
 *
 * @param seconds 0: no limit
 */
export async function withTimeLimit<T>(
  seconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (seconds === 0) return work(signal);
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new HearthError("time-limit", `Computing took longer than ${seconds} s`, {
        hint: "Compute fewer rows at once, or raise compute.timeout (`--compute-timeout`, HEARTH_COMPUTE_TIMEOUT).",
      }),
    );
  }, seconds * 1000);
  try {
    return await work(
      signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    );
  } finally {
    clearTimeout(timer);
  }
}
