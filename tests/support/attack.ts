import { expect } from "bun:test";
import type { TestServer } from "./server.ts";

/** True in `npm run test:attack` and `npm run test:long`; `npm test` runs a part of each attack. */
const IS_WHOLE = process.env["HEARTH_ATTACK"] === "whole";

/** How often an attack is made: all of it, or what fits into `npm test`. */
export function times(whole: number, part: number): number {
  return IS_WHOLE ? whole : part;
}

/** Time for one test of an attack. */
export const ATTACK_MS = IS_WHOLE ? 3_600_000 : 240_000;

/** No read takes longer: `readTimeout` is 20 s, and a busy machine may take a while to notice. */
const HANG_MS = 90_000;

/** The answer; fails with `what` when there is none in time, so that a hang is told from a slow machine. */
export async function answered(request: Promise<Response>, what: string): Promise<Response> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), HANG_MS);
  try {
    return await Promise.race([request, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Errors of 5xx that may be a caller's own doing: the process that read or computed for it ended. */
const STATED_FAILURES: ReadonlySet<string> = new Set(["engine-stopped"]);

/** Fails for an answer that no input may cause: a 5xx, or a text that no part of hearth wrote. */
export async function expectHonest(response: Response, what: string): Promise<void> {
  const text = await response.text();
  if (response.status < 500) return;
  const { code } = JSON.parse(text) as { code?: string };
  if (code === undefined || !STATED_FAILURES.has(code))
    throw new Error(`${what}: ${response.status} ${text.slice(0, 500)}`);
}

/** Fails unless the very process that was started answers, and its log knows no fault of hearth's own. */
export async function expectUnharmed(server: TestServer, log: string): Promise<void> {
  const answer = (await (await server.get("/api/health")).json()) as {
    hearth: { pid?: number };
    pid?: number;
  };
  expect(answer.pid ?? answer.hearth.pid).toBe(server.pid);
  const faults = log.split("\n").filter((line) => line.includes('"a request failed"'));
  expect(faults).toEqual([]);
}

/** Runs `work` over the items, some at a time. */
export async function eachOf<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  sideBySide = 4,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) await work(step.value);
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
}
