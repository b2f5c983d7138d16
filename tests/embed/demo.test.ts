import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { run } from "../support/run.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";

test.skipIf(!TARGETS.includes("binary"))(
  "the demo shows the main job beside a running hearth, and leaves nothing behind",
  async () => {
    const place = createPlace();
    // Somebody's settings that it must not take over, on the port that hearth has by default.
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("not hearth") });
    const env = { ...place.env, HEARTH_PORT: String(other.port), HEARTH_TOKEN: "theirs" };
    try {
      const command = [join(PROJECT, "node_modules/.bin/bun"), join(PROJECT, "scripts/demo.ts")];
      const { exitCode, stdout, stderr } = await run(command, { cwd: place.data, env });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      for (const shown of ["Tokyo", "8 of 33 rows", "320490000", "Wrote 33 rows", "3 of 33 rows"]) {
        expect(stdout).toContain(shown);
      }
      expect(stdout).toMatch(/read, cold .* \d+ ms\n.*read, warm .* \d+ ms {2}\d+ x faster/);
      const { TMPDIR = "", HEARTH_STATE_DIR = "" } = place.env;
      expect(readdirSync(TMPDIR)).toEqual([]);
      expect(() => readdirSync(HEARTH_STATE_DIR)).toThrow("ENOENT");
    } finally {
      place.remove();
    }
  },
);
