import { describe, test } from "bun:test";
import { killWhileLeaving, killWhileStarting, killWhileWriting } from "../support/fault-rounds.ts";
import { TARGETS } from "../support/targets.ts";

const ROUNDS = 200;
const LIMIT_MS = 1_800_000;

describe.each(TARGETS)("two hundred times kill -9, on %s", (target) => {
  test("while starting", () => killWhileStarting(target, ROUNDS), LIMIT_MS);
  test("while writing", () => killWhileWriting(target, ROUNDS), LIMIT_MS);
  test("while leaving", () => killWhileLeaving(target, ROUNDS), LIMIT_MS);
});
