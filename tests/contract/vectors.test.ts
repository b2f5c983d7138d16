import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createPlace, type Place } from "../support/place.ts";
import { run } from "../support/run.ts";
import { hearthCommand, PROJECT, scriptCommand, TARGETS } from "../support/targets.ts";

const DATA = join(import.meta.dir, "data");

/** Sessions, spreadsheets, bibliographies and outputs of many files are later capabilities. */
const LATER = [
  "errors > session",
  "errors > delete by post",
  "write_other > write bibtex",
  "write_other > write excel",
  "write_other > write yaml directory",
  "write_other > write markdown directory",
  "write_other > write meta directory",
];

/** Recorded cases, without the later ones. */
const LEAST_PASSED = 360;

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
