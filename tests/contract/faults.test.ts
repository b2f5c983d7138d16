import { describe, test } from "bun:test";
import { killWhileLeaving, killWhileStarting, killWhileWriting } from "../support/fault-rounds.ts";
import { type Target, TARGETS } from "../support/targets.ts";

/** What fits into seconds; tests/long has the two hundred. */
const ROUNDS: Readonly<Record<Target, number>> = { binary: 10, bun: 10, node: 4, deno: 6 };

describe.each(TARGETS)("kill -9 at any moment, on %s", (target) => {
  test("of a start: the next call is answered", () => killWhileStarting(target, ROUNDS[target]), 120_000);
  test(
    "of a write: the file is the old one or the new one",
    () => killWhileWriting(target, ROUNDS[target]),
    120_000,
  );
  test("of leaving: the next call is answered", () => killWhileLeaving(target, ROUNDS[target]), 120_000);
});
