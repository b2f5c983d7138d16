import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createPlace, type Place } from "../support/place.ts";
import { run } from "../support/run.ts";
import { hearthCommand, PROJECT, scriptCommand, TARGETS } from "../support/targets.ts";

const DATA = join(import.meta.dir, "data");

/** Sessions, computing while reading, and stacks are later capabilities. */
const LATER = [
  "errors > session",
  "errors > delete by post",
  "interface > interface read data compute",
  "interface > interface read data hstack",
];

/** Recorded cases, without the later ones. */
const LEAST_PASSED = 165;

describe.each(TARGETS)("lynguine's recorded requests on %s", (target) => {
  let place: Place;
  beforeAll(() => {
    place = createPlace();
  });
  afterAll(() => place.remove());

  test("are answered as lynguine answers them, or better", async () => {
    const start = [...hearthCommand(target).map(quoted), "serve", "--port", "{port}"].join(" ");
    const skip = LATER.flatMap((name) => ["--skip", name]);
    const replay = [join(DATA, "replay.mjs"), "--better", ...skip, "--start", start];
    const { stdout, exitCode } = await run([...scriptCommand("node", replay[0] ?? ""), ...replay.slice(1)], {
      cwd: PROJECT,
      env: place.env,
    });
    expect(stdout).toEndWith(" 0 failed\n");
    expect(Number.parseInt(stdout)).toBeGreaterThanOrEqual(LEAST_PASSED);
    expect(exitCode).toBe(0);
  }, 60_000);
});

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
