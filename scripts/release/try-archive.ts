import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, type ToolOptions } from "./run-tool.ts";

/**
 * Unpacks an archive for this machine into an empty folder and uses the binary as somebody would who has just fetched it:
 * its version, a CSV file, a query. Leaves nothing behind.
 *
 * @throws with what went wrong
 */
export async function tryArchive(archive: string, folder: string, version: string): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "hearth-release-"));
  const home = join(place, "home");
  mkdirSync(home);
  writeFileSync(join(place, "cities.csv"), "city,people\nTokyo,37\nDelhi,28\n");
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    HEARTH_STATE_DIR: join(place, "state"),
    HEARTH_CACHE_DIR: join(place, "cache"),
    HEARTH_PORT: "0",
    HEARTH_IDLE_TIMEOUT: "60s",
  };
  const options: ToolOptions = { cwd: place, env };
  const binary = join(place, folder, "hearth");
  try {
    await runTool(["tar", "-xzf", archive], options);
    await expectOutput([binary, "version"], options, `hearth ${version}\n`);
    try {
      const query = "select sum(people) as people from data";
      await expectOutput(
        [binary, "read", "cities.csv", "-f", "csv"],
        options,
        "city,people\nTokyo,37\nDelhi,28\n",
      );
      await expectOutput(
        [binary, "read", "cities.csv", "--sql", query, "-f", "csv"],
        options,
        "people\n65\n",
      );
    } finally {
      await runTool([binary, "stop", "--force"], options);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function expectOutput(
  command: readonly string[],
  options: ToolOptions,
  expected: string,
): Promise<void> {
  const output = await runTool(command, options);
  if (output !== expected) {
    const written = ["hearth", ...command.slice(1)].join(" ");
    throw new Error(`\`${written}\` printed ${JSON.stringify(output)}, not ${JSON.stringify(expected)}`);
  }
}
