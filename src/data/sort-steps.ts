import type { Steps } from "../turns.ts";

/** Items sorted by the engine in one go. */
const RUN = 2048;

/** Items merged in one step. */
const ITEMS_PER_STEP = 8192;

/** The items in order, equal ones as they were, in steps: a merge sort over short sorted runs. */
export function* sortSteps<T>(items: readonly T[], compare: (one: T, other: T) => number): Steps<T[]> {
  let from: T[] = [];
  for (let at = 0; at < items.length; at += RUN) {
    for (const item of items.slice(at, at + RUN).sort(compare)) from.push(item);
    yield;
  }
  for (let width = RUN; width < from.length; width *= 2) {
    const to: T[] = [];
    for (let at = 0; at < from.length; at += 2 * width) yield* merge(from, at, width, to, compare);
    from = to;
  }
  return from;
}

function* merge<T>(
  from: readonly T[],
  start: number,
  width: number,
  to: T[],
  compare: (one: T, other: T) => number,
): Steps<void> {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let left = start;
  let right = middle;
  while (left < middle || right < end) {
    const takesLeft = right >= end || (left < middle && compare(from[left] as T, from[right] as T) <= 0);
    to.push(from[takesLeft ? left++ : right++] as T);
    if (to.length % ITEMS_PER_STEP === 0) yield;
  }
}
