import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createPlace, type Place } from "../support/place.ts";
import { run } from "../support/run.ts";
import { hearthCommand, PROJECT, scriptCommand, type Target, TARGETS } from "../support/targets.ts";

const DATA = join(import.meta.dir, "data");

/** Its better answer leaves a session behind, and the case after it expects none: each is right by itself. */
const APART = ["session interface_field is ignored"];

/** Recorded cases, without those apart. */
const LEAST_PASSED = 401;

describe.each(TARGETS)("lynguine's recorded requests on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
  });
  afterAll(() => place.remove());

  test("are answered as lynguine answers them, or better", async () => {
    const skip = APART.flatMap((name) => ["--skip", name]);
    expect(await replay(target, place, skip)).toBeGreaterThanOrEqual(LEAST_PASSED);
  }, 90_000);

  test.each(APART)(
    "%s: is answered better",
    async (name) => {
      expect(await replay(target, place, ["--only", name])).toBe(1);
    },
    60_000,
  );
});

/** Replays recorded cases, and gives how many were answered as they should be; none may be answered otherwise. */
async function replay(target: Target, place: Place, chosen: readonly string[]): Promise<number> {
  const start = [...hearthCommand(target).map(quoted), "serve", "--port", "{port}"].join(" ");
  const script = join(DATA, "replay.mjs");
  const command = [...scriptCommand("node", script), "--better", ...chosen, "--start", start];
  const { stdout, exitCode } = await run(command, { cwd: PROJECT, env: place.env });
  expect(stdout).toEndWith(" 0 failed\n");
  expect(exitCode).toBe(0);
  return Number.parseInt(stdout);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
