import { expect, test } from "bun:test";
import { createMemoryRelease } from "../../src/lifecycle/spare-memory.ts";

test("memory is given back once, when nothing has run between two looks and the process has grown", async () => {
  const state = { rss: 100e6, released: 0 };
  const inFlight = { active: 0, lastUseMs: 0 };
  const runtime = {
    residentBytes: () => state.rss,
    async releaseMemory() {
      state.released += 1;
      state.rss = 120e6;
    },
  };
  const look = createMemoryRelease(runtime, inFlight);
  await look();
  expect(state.released).toBe(0);

  Object.assign(inFlight, { active: 1, lastUseMs: 1 });
  state.rss = 900e6;
  await look();
  await look();
  expect(state.released).toBe(0); // something runs

  Object.assign(inFlight, { active: 0, lastUseMs: 2 });
  await look();
  expect(state.released).toBe(0); // it ended just now
  await look();
  await look();
  expect(state.released).toBe(1);

  inFlight.lastUseMs = 3; // a small request, which left nothing behind
  state.rss = 150e6;
  await look();
  await look();
  expect(state.released).toBe(1);
});
