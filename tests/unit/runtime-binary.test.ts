import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT, readJson, temporaryFolder } from "../fixtures/runtime/run-probe.ts";

const folder = temporaryFolder();
const binary = join(folder.path, "hello");
const cache = join(folder.path, "cache");

// A small program through the real build: everything said here holds for hearth's own binary.
beforeAll(() => {
  const script = join(PROJECT, "scripts/build.ts");
  const entry = join(PROJECT, "tests/fixtures/runtime/hello.ts");
  const args = [script, "binary", "--entry", entry, "--outfile", binary];
  const built = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
}, 60_000);

afterAll(() => folder[Symbol.dispose]());

const engine = (base: string) => readJson([binary, "engine"], { HEARTH_CACHE_DIR: base });

function engineFailure(base: string): string {
  const env = { ...process.env, HEARTH_CACHE_DIR: base };
  const { status, stderr } = spawnSync(binary, ["engine"], { env, encoding: "utf8" });
  expect(status).not.toBe(0);
  return stderr;
}

test("the binary runs no bunfig.toml and reads no .env of the folder it is started in", () => {
  const foreign = join(folder.path, "foreign");
  mkdirSync(foreign);
  writeFileSync(join(foreign, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  writeFileSync(join(foreign, "preload.ts"), "globalThis.fromPreload = 'bunfig';\n");
  writeFileSync(join(foreign, ".env"), "FROM_DOTENV=dotenv\n");
  const started = spawnSync(binary, ["show", "ping"], { cwd: foreign, encoding: "utf8" });
  expect(JSON.parse(started.stdout)).toEqual({
    name: "bun",
    isCompiled: true,
    leaked: null,
    self: [binary, "ping"],
  });
});

test("the engine is unpacked once, privately, however many need it at the same moment", async () => {
  const start = () =>
    Bun.spawn([binary, "engine"], { env: { ...process.env, HEARTH_CACHE_DIR: cache }, stdout: "pipe" });
  const outputs = [start(), start(), start()].map((child) => new Response(child.stdout).json());
  for (const output of await Promise.all(outputs))
    expect(output).toEqual({ version: expect.stringMatching(/^v1/) });
  const entries = readdirSync(cache);
  expect(entries).toEqual([expect.stringMatching(/^duckdb-[\da-f]{16}$/)]);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  expect(statSync(join(cache, entries[0] as string)).mode & 0o777).toBe(0o700);
}, 60_000);

test("a cut or missing file is replaced", () => {
  engine(cache);
  const unpacked = join(cache, readdirSync(cache)[0] as string);
  chmodSync(join(unpacked, "duckdb.node"), 0o700);
  truncateSync(join(unpacked, "duckdb.node"), 10);
  expect(engine(cache)).toHaveProperty("version");
  rmSync(join(unpacked, "duckdb.node"));
  expect(engine(cache)).toHaveProperty("version");
  expect(readdirSync(cache)).toHaveLength(1);
});

test("a cache folder that can't be used is named, with what is wrong", () => {
  const open = join(folder.path, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(engineFailure(open)).toContain(`${open}: others may write into it`);
  const file = join(folder.path, "file");
  writeFileSync(file, "");
  expect(engineFailure(file)).toContain(`${file}: it can't be made`);
});
