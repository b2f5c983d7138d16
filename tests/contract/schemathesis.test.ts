import { expect, test } from "bun:test";
import { attack, type Attack } from "../support/schemathesis.ts";
import { type Target, TARGETS } from "../support/targets.ts";

const LIMIT_MS = 240_000;
/** Of the environment, at the first run, behind others that make theirs. */
const MAKING_MS = 300_000;

/** What fits into a minute or so, on one target; tests/long has more, on all. */
const ATTACKS: readonly Pick<Attack, "as" | "phases" | "examples">[] = [
  { as: "guest", phases: ["examples", "coverage", "fuzzing"], examples: 4 },
  { as: "admin", phases: ["examples", "coverage"], examples: 4 },
];

test.each(ATTACKS)(
  "requests made from the description are answered as it says: $as, $phases",
  async ({ as, examples, phases }) => {
    const [target] = TARGETS as [Target];
    const result = await attack(target, {
      as,
      examples,
      phases,
      seed: 20_261_125,
      timeoutMs: LIMIT_MS,
    });
    if (result === undefined) return;
    expect(result).toEqual({ findings: "", requests: expect.any(Number), faults: [], ping: 200 });
    expect(result.requests).toBeGreaterThan(1000);
  },
  LIMIT_MS + MAKING_MS,
);
