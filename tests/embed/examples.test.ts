import { describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { hearth, run } from "../support/run.ts";
import { startServer } from "../support/server.ts";
import { PROJECT, RUNTIMES, scriptCommand } from "../support/targets.ts";

const EXAMPLES = join(PROJECT, "examples");

describe.each(RUNTIMES)("the examples on %s", (runtime) => {
  test("script.ts reads, computes and shows an error", async () => {
    const place = createPlace();
    const env = { ...place.env, HEARTH_PORT: "0" };
    try {
      const command = scriptCommand(runtime, join(EXAMPLES, "script.ts"));
      const { stdout, stderr, exitCode } = await run(command, { cwd: place.data, env });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/33 cities in \d+ ms, first Tokyo/);
      expect(stdout).toContain("320490000");
      expect(stdout).toContain('file-not-found (404): No file "towns.csv"');
    } finally {
      await hearth(runtime, place, ["stop"], { env });
      place.remove();
    }
  });

  test("embed.ts answers its own users below its prefix, and ends when told to", async () => {
    const place = createPlace();
    const child = Bun.spawn(embedCommand(runtime), {
      cwd: place.data,
      env: { ...place.env, PORT: "0" },
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      const reader = child.stdout.getReader();
      const said = new TextDecoder().decode((await reader.read()).value);
      const url = /http:\S+/.exec(said)?.[0] ?? said;
      expect(await (await fetch(url)).text()).toStartWith("A program");
      const read = (user: string) =>
        fetch(`${url}/hearth/api/read_data`, {
          method: "POST",
          headers: { "x-user": user },
          body: '{"data_source": {"type": "csv", "filename": "cities.csv"}}',
        });
      expect((await read("nobody")).status).toBe(401);
      expect(await (await read("guest")).json()).toMatchObject({ data: { shape: [33, 4] } });
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
    } finally {
      child.kill("SIGKILL");
      place.remove();
    }
  });
});

test("read.sh asks by curl", async () => {
  const place = createPlace();
  cpSync(EXAMPLES, place.data, { recursive: true });
  const server = await startServer("bun", { place });
  try {
    const command = ["sh", join(EXAMPLES, "read.sh")];
    const env = { ...place.env, HEARTH_URL: server.url };
    const { stdout, exitCode } = await run(command, { cwd: place.data, env });
    expect(exitCode).toBe(0);
    const [json = "", ...rest] = stdout.split("\n");
    expect(JSON.parse(json).data.shape).toEqual([33, 4]);
    expect(rest.slice(0, 2)).toEqual(["city,country,continent,population", "Tokyo,Japan,Asia,37468000"]);
    expect(JSON.parse(rest[3] ?? "").result.records[0]).toEqual({ country: "China", cities: 6 });
  } finally {
    await server.stop();
    place.remove();
  }
});

/** Deno gets no more than what the example's own comment asks for. */
function embedCommand(runtime: (typeof RUNTIMES)[number]): string[] {
  const script = join(EXAMPLES, "embed.ts");
  if (runtime !== "deno") return scriptCommand(runtime, script);
  const permissions = ["net", "read", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
  return [join(PROJECT, "node_modules/.bin/deno"), "run", "--quiet", ...permissions, script];
}
