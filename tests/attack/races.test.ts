import { describe, expect, test } from "bun:test";
import { ATTACK_MS, times } from "../support/attack.ts";
import { raceOutOfRoot } from "../support/races.ts";
import { TARGETS } from "../support/targets.ts";

/** Exchanging two names at once is a system call of Linux. */
describe.skipIf(process.platform !== "linux").each(TARGETS)(
  "security: a directory that is swapped with a link while a guest uses it, on %s",
  (target) => {
    test(
      "nothing outside the root is written, read or listed",
      async () => {
        const codes = await raceOutOfRoot(target, times(100_000, 600));
        if (process.env["HEARTH_ATTACK"] === "whole") console.log(target, Object.fromEntries(codes));
        // The attack met the server in both states
        expect([...codes.keys()]).toContain("0 answered");
        expect([...codes.keys()]).toContain("0 path-outside");
      },
      ATTACK_MS,
    );
  },
);
