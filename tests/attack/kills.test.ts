import { describe, test } from "bun:test";
import { ATTACK_MS, times } from "../support/attack.ts";
import {
  killWhileChanging,
  killWhileLeaving,
  killWhileStarting,
  killWhileWriting,
} from "../support/kill-rounds.ts";
import { type Target, TARGETS } from "../support/targets.ts";

/** What fits into `npm test`: a start of Node takes longest. */
const PART: Readonly<Record<Target, number>> = { binary: 10, bun: 10, node: 4, deno: 6 };

describe.each(TARGETS)("kill -9 at any moment, on %s", (target) => {
  const rounds = times(200, PART[target]);
  test("of a start: the next call is answered", () => killWhileStarting(target, rounds), ATTACK_MS);
  test(
    "of a write: the file is the old one or the new one",
    () => killWhileWriting(target, rounds),
    ATTACK_MS,
  );
  test(
    "of a session's changes: none is lost that was acknowledged",
    () => killWhileChanging(target, rounds),
    ATTACK_MS,
  );
  test("of an idle exit: the next call is answered", () => killWhileLeaving(target, rounds), ATTACK_MS);
});
