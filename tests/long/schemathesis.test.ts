import { describe, expect, test } from "bun:test";
import { attack } from "../support/schemathesis.ts";
import { TARGETS } from "../support/targets.ts";

const LIMIT_MS = 1_200_000;
const SEEDS = [1, 2];

describe.each(TARGETS)("requests made from the description, on %s", (target) => {
  test.each(SEEDS.flatMap((seed) => [["guest", seed] as const, ["admin", seed] as const]))(
    "are answered as it says, one by one and one after another: as %s, seed %i",
    async (as, seed) => {
      const result = await attack(target, {
        as,
        seed,
        phases: ["examples", "coverage", "fuzzing", "stateful"],
        examples: 60,
        timeoutMs: LIMIT_MS,
      });
      if (result === undefined) return;
      expect(result).toEqual({ findings: "", requests: expect.any(Number), faults: [], ping: 200 });
    },
    LIMIT_MS + 300_000,
  );
});
