import { randomNumbers } from "../random.ts";

/** How requests come: so many at a time, each as soon as one ends; or so many a second, whatever the server does. */
export type Arrival =
  | { readonly kind: "closed"; readonly concurrency: number }
  | { readonly kind: "open"; readonly perSecond: number };

/** A request that was sent: what came of it, or why nothing did. */
export type Outcome<T> =
  | { readonly isAnswered: true; readonly value: T }
  | { readonly isAnswered: false; readonly reason: string };

export interface Load<T> {
  readonly outcomes: readonly Outcome<T>[];
  /** From the first request's due time to the last one's end. */
  readonly seconds: number;
}

const SEED = 3;

/** Time in milliseconds, and waiting for it to pass. */
export interface Clock {
  now(): number;
  pause(ms: number): Promise<void>;
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * Sends `count` requests as they arrive. In open arrival the gaps are exponential, the same each time, and each request is
 * told when it was due: measured from then, a server that stalls is charged for all who wait for it (coordinated omission,
 * Gil Tene, "How NOT to Measure Latency").
 *
 * @param send gets the time at which the request was due, by the clock
 * @param clock by default the system's, as `performance.now()` tells it
 */
export async function runLoad<T>(
  count: number,
  arrival: Arrival,
  send: (dueMs: number) => Promise<T>,
  signal?: AbortSignal,
  clock = SYSTEM_CLOCK,
): Promise<Load<T>> {
  const outcomes: Outcome<T>[] = [];
  const beganMs = clock.now();
  const one = async (dueMs: number) => {
    try {
      outcomes.push({ isAnswered: true, value: await send(dueMs) });
    } catch (error) {
      outcomes.push({ isAnswered: false, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  if (arrival.kind === "closed") await closed(count, arrival.concurrency, one, signal, clock);
  else await open(count, arrival.perSecond, one, signal, clock);
  return { outcomes, seconds: (clock.now() - beganMs) / 1000 };
}

async function closed(
  count: number,
  concurrency: number,
  one: (dueMs: number) => Promise<void>,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      if (signal?.aborted === true) return;
      sent += 1;
      await one(clock.now());
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
}

async function open(
  count: number,
  perSecond: number,
  one: (dueMs: number) => Promise<void>,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
  const random = randomNumbers(SEED);
  const running: Promise<void>[] = [];
  let dueMs = clock.now();
  for (let i = 0; i < count; i += 1) {
    if (signal?.aborted === true) break;
    const waitMs = dueMs - clock.now();
    if (waitMs > 0) await clock.pause(waitMs);
    running.push(one(dueMs));
    dueMs += (-Math.log(1 - random()) / perSecond) * 1000;
  }
  await Promise.all(running);
}
