import { availableParallelism } from "node:os";
import { RevocableSlots } from "../revocable-slots.ts";
import { Slots } from "../slots.ts";

/** However many threads there are. */
export const MAX_SLOTS = 4;

/**
 * How many engine calls may run at once. Each holds a thread of the runtime's pool, which also reads files: with all
 * of them taken even a small read waits (measured: two long queries on two cores stop every `readFile` on Bun, four on
 * Node). So one thread stays free. UV_THREADPOOL_SIZE, set before the start, makes the pool larger on Bun and Node.
 */
export function engineSlots(environment: Readonly<Record<string, string | undefined>> = process.env): number {
  const asked = Number(environment["UV_THREADPOOL_SIZE"]);
  const threads = Number.isInteger(asked) && asked > 0 ? asked : Math.min(4, availableParallelism());
  return Math.max(1, Math.min(MAX_SLOTS, threads - 1));
}

/** Threads for the pool of a process that does nothing but run the engine. */
export const ENGINE_THREADS = 8;

/** The places of this process: the pool behind them is one, however many engines there are. */
export const PROCESS_SLOTS = new Slots(engineSlots(), "queries");

/** How many results that do not come at once may be open: each holds its query's memory for as long as it is read. */
export const MAX_OPEN_RESULTS = 8;

/** Their places, of this process too. One that nobody reads loses its place when others wait. */
export const RESULT_SLOTS = new RevocableSlots({
  count: MAX_OPEN_RESULTS,
  what: "large results",
  maxWaiting: 64,
});
