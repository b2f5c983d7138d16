import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Machine } from "../support/machine.ts";
import { PROJECT, RUNTIMES } from "../support/targets.ts";
import { until } from "../support/until.ts";

/** The instructions of the container file, continued lines joined, comments left out. */
const INSTRUCTIONS = readFileSync(join(PROJECT, "scripts/release/Containerfile"), "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const);

function last(name: string): string {
  const found = INSTRUCTIONS.findLast(([instruction]) => instruction === name)?.[1];
  if (found === undefined) throw new Error(`The container file has no ${name}`);
  return found;
}

const ENV = Object.fromEntries(
  last("ENV")
    .split(/\s+/)
    .map((pair) => pair.split("=") as [string, string]),
);

test("nobody is root in it, and folders and port are those of the settings", () => {
  expect(last("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(last("EXPOSE")).toBe(ENV["HEARTH_PORT"] as string);
  expect(last("WORKDIR")).toBe(ENV["HEARTH_ROOTS"] as string);
  expect(JSON.parse(last("VOLUME"))).toEqual([ENV["HEARTH_STATE_DIR"]]);
  expect(JSON.parse(last("ENTRYPOINT"))).toEqual(["hearth"]);
  expect(JSON.parse(last("CMD"))).toEqual(["serve"]);
  expect(ENV["HEARTH_HOST"]).toBe("0.0.0.0");
  expect(Object.keys(ENV)).not.toContain("HEARTH_TOKEN");
});

const machine = await Machine.create(RUNTIMES[0] ?? "binary");
afterAll(() => machine[Symbol.asyncDispose]());

// Its settings with folders of the test's own: what the image would run, without an image.
test("with its settings the server starts only with a token, and the health check tells it from none", async () => {
  const data = join(machine.place.home, "data");
  mkdirSync(data);
  const env = {
    ...ENV,
    HEARTH_PORT: String(machine.port),
    HEARTH_ROOTS: data,
    HEARTH_STATE_DIR: machine.stateFolder,
    HEARTH_CACHE_DIR: machine.place.env["HEARTH_CACHE_DIR"] ?? "",
  };
  const options = { env, cwd: data };
  const refused = await machine.run(["serve"], options);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("needs a token") });

  const [shell, flag, script] = JSON.parse(last("HEALTHCHECK").replace(/^.* CMD /, "")) as string[];
  expect([shell, flag]).toEqual(["/bin/sh", "-c"]);
  const isHealthy = async () => (await machine.bash(script as string, options)).exitCode;
  expect(await isHealthy()).toBe(1);
  const serving = machine.run(["serve"], { ...options, env: { ...env, HEARTH_TOKEN: "secret" } });
  await until("the server is healthy", async () => (await isHealthy()) === 0);
  const url = `http://127.0.0.1:${machine.port}/api/status`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { authorization: "Bearer secret" } })).status).toBe(200);
  for (const pid of machine.servers()) process.kill(pid, "SIGTERM");
  expect((await serving).exitCode).toBe(0);
  expect(await isHealthy()).toBe(1);
});
