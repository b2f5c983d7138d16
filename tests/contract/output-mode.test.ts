import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { createPlace } from "../support/place.ts";
import { run } from "../support/run.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";

describe.each(TARGETS)("the file of -o, on %s", (target) => {
  test.each([0o664, 0o660, 0o646])("keeps its mode %o under umask 022", async (mode) => {
    const place = createPlace();
    try {
      place.write("in.csv", "a\n1\n");
      const path = place.write("out.csv", "old\n");
      chmodSync(path, mode);
      const quoted = hearthCommand(target).map((word) => `'${word}'`);
      const command = `umask 022; ${quoted.join(" ")} read in.csv -o out.csv`;
      const done = await run(["sh", "-c", command], { cwd: place.data, env: place.env });
      expect(done).toMatchObject({ exitCode: 0 });
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readdirSync(place.data).sort()).toEqual(["in.csv", "out.csv"]);
      await run([...hearthCommand(target), "stop"], { cwd: place.data, env: place.env });
    } finally {
      place.remove();
    }
  });
});
