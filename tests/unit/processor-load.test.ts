import { expect, test } from "bun:test";
import { ProcessorLoad } from "../../src/insight/processor-load.ts";

test("the processor time is that since the last question, 100 for one core", () => {
  let nowMs = 5000;
  let user = 1_000_000;
  const load = new ProcessorLoad({ now: () => nowMs, cpuUsage: () => ({ user, system: 500_000 }) });
  expect(load.percent()).toBe(0);
  nowMs += 1000;
  user += 250_000;
  expect(load.percent()).toBe(25);
  nowMs += 50;
  user += 50_000;
  expect(load.percent()).toBe(25);
  nowMs += 50;
  user += 100_000;
  expect(load.percent()).toBe(150);
  nowMs += 10_000;
  expect(load.percent()).toBe(0);
});
