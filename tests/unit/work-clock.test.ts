import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "bun:test";
import { WorkClock } from "../../src/readers/work-clock.ts";

test("a time limit longer than a timer can take is not over at once", async () => {
  let isOver = false;
  const clock = new WorkClock(100_000_000 * 1000, () => {
    isOver = true;
  });
  clock.start();
  await sleep(20);
  clock.pause();
  expect(isOver).toBe(false);
});

test("a short time limit is over", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  new WorkClock(1, resolve).start();
  await promise;
});
