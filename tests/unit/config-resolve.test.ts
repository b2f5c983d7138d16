import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ownFiles } from "../../src/config/own-files.ts";
import { waitingSentence } from "../../src/config/resolved.ts";
import { createConfigWatch } from "../../src/config/watch-change.ts";
import { trust } from "../../src/config/trust.ts";
import { scratchHome } from "./config-fixture.ts";

describe("precedence", () => {
  test("flag before environment before file before default, each with its place", async () => {
    using place = scratchHome();
    const config = place.write("named/my.yaml", "port: 1\nidleTimeout: 1\nbodyLimit: 1\nhost: a.example\n");
    Object.assign(place.env, { HEARTH_PORT: "2", HEARTH_IDLE_TIMEOUT: "2m", HEARTH_HOST: "" });
    const { settings, origins } = await place.resolve({ port: "3", config });
    expect(settings).toMatchObject({
      port: 3,
      idleTimeoutSeconds: 120,
      bodyLimitBytes: 1,
      host: "a.example",
    });
    expect(origins.port).toEqual({ value: 3, origin: "flag", where: "--port" });
    expect(origins.idleTimeout).toEqual({ value: 120, origin: "environment", where: "HEARTH_IDLE_TIMEOUT" });
    expect(origins.bodyLimit).toEqual({ value: 1, origin: "file", where: `${config}:3:12` });
    expect(origins["log.level"]).toEqual({ value: "info", origin: "default", where: "" });
  });

  test("roots are taken from everywhere together, relative to where they were written", async () => {
    using place = scratchHome();
    place.write("home/project/hearth.yaml", "roots: [data, ~/more]\n");
    trust(join(place.project, "hearth.yaml"), place.stateDir);
    place.env["HEARTH_ROOTS"] = "/x:y";
    const { settings, origins } = await place.resolve({ root: ["r", "/x"] });
    const { project, home } = place;
    expect(settings.roots).toEqual([
      `${project}/r`,
      "/x",
      `${project}/y`,
      `${project}/data`,
      `${home}/more`,
      project,
    ]);
    expect(origins.roots.where).toBe(`--root, HEARTH_ROOTS, hearth.yaml:1:8, ${project}/hearth.yaml`);
  });

  test("without anything there are defaults, and no config", async () => {
    using place = scratchHome();
    const { settings, config, warnings } = await place.resolve();
    expect(config).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      host: "127.0.0.1",
      port: undefined,
      roots: [],
      cacheLimitBytes: 256 * 1024 ** 2,
    });
  });

  test("what is wrong names the flag or the variable", async () => {
    using place = scratchHome();
    await expect(place.resolve({ port: "x" })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/^--port: /),
    });
    place.env["HEARTH_TOKEN"] = "with blank";
    await expect(place.resolve()).rejects.toMatchObject({
      code: "config-invalid",
      message: "HEARTH_TOKEN: expected visible ASCII characters without blanks",
    });
    await expect(place.resolve({ config: "none.yaml" })).rejects.toThrow("There is no config none.yaml");
  });
});

describe("trust", () => {
  const DANGEROUS =
    "port: 9000\nhost: 0.0.0.0\nroots: [/]\nbodyLimit: 1\ncacheLimit: 999GiB\nmodels: {a: {cmd: run}}\n";

  test("of a config found and not trusted only harmless keys apply, limits only downwards", async () => {
    using place = scratchHome();
    const path = place.write("home/project/hearth.yaml", DANGEROUS);
    const resolved = await place.resolve();
    expect(resolved.settings).toMatchObject({ port: 9000, host: "127.0.0.1", roots: [], bodyLimitBytes: 1 });
    expect(resolved.settings.cacheLimitBytes).toBe(256 * 1024 ** 2);
    expect(resolved.models.own).toBeUndefined();
    expect(resolved.waiting).toEqual(["host", "roots", "cacheLimit", "models"]);
    expect(waitingSentence(resolved)).toBe(
      `${path} is not trusted yet, so host, roots, cacheLimit, models wait in it. To trust it: hearth trust`,
    );
  });

  test("lets everything apply, until the content changes", async () => {
    using place = scratchHome();
    const path = place.write("home/project/hearth.yaml", DANGEROUS);
    trust(path, place.stateDir);
    const resolved = await place.resolve();
    expect(resolved.settings).toMatchObject({ host: "0.0.0.0", roots: ["/", place.project] });
    expect(resolved.models.own?.values).toEqual({ models: { a: { cmd: "run" } } });
    expect(waitingSentence(resolved)).toBeUndefined();
    place.write("home/project/hearth.yaml", `${DANGEROUS}# more\n`);
    expect((await place.resolve()).config?.isTrusted).toBe(false);
  });

  test("is implied by --config, HEARTH_CONFIG and the user's config folder", async () => {
    using place = scratchHome();
    const path = place.write("home/.config/hearth/hearth.yaml", "host: a\n");
    expect(await place.resolve()).toMatchObject({
      config: { how: "user", isTrusted: true },
      settings: { host: "a" },
    });
    const other = place.write("other.yaml", "host: b\n");
    place.env["HEARTH_CONFIG"] = other;
    expect(await place.resolve()).toMatchObject({ config: { how: "environment" }, settings: { host: "b" } });
    expect(await place.resolve({ config: path })).toMatchObject({
      config: { how: "flag" },
      settings: { host: "a" },
    });
    expect(await place.resolve({ config: false })).toMatchObject({ config: undefined });
  });

  test("of a config goes with its real folder: a link elsewhere gives its paths no other meaning", async () => {
    using place = scratchHome();
    const path = place.write("home/mine/hearth.yaml", "compute: {modules: [fns.js]}\n");
    trust(path, place.stateDir);
    symlinkSync(path, join(place.project, "hearth.yaml"));
    expect((await place.resolve()).settings.computeModules).toEqual([join(place.home, "mine/fns.js")]);
  });

  test("a broken config: an error when it is trusted, else a warning, and nothing of it counts", async () => {
    using place = scratchHome();
    const path = place.write("home/project/hearth.yaml", "port: 9000\nhost: [\n");
    const resolved = await place.resolve();
    expect(resolved.settings.port).toBeUndefined();
    expect(resolved.warnings[0]).toStartWith("hearth.yaml:3:1: ");
    await expect(place.resolve({ config: path })).rejects.toMatchObject({ code: "config-invalid" });
  });
});

describe("extends: user", () => {
  test("takes the user's models and nothing else", async () => {
    using place = scratchHome();
    place.write("home/.config/hearth/hearth.yaml", "port: 1\nmodels: {a: {cmd: user}}\n");
    trust(
      place.write("home/project/hearth.yaml", "extends: user\nmodels: {b: {cmd: own}}\n"),
      place.stateDir,
    );
    const { settings, models, files } = await place.resolve();
    expect(settings.port).toBeUndefined();
    expect(models.own?.values).toEqual({ models: { b: { cmd: "own" } } });
    expect(models.user?.values).toEqual({ models: { a: { cmd: "user" } } });
    expect(files.map(({ realPath }) => realPath)).toEqual([
      join(place.project, "hearth.yaml"),
      place.userConfig,
    ]);
  });

  test("without a config of the user warns", async () => {
    using place = scratchHome();
    trust(place.write("home/project/hearth.yaml", "extends: user\n"), place.stateDir);
    expect((await place.resolve()).warnings[0]).toContain("extends: user has no effect");
  });
});

describe("the token", () => {
  test("comes from the variable or a file, is hidden, and a readable file is warned of", async () => {
    using place = scratchHome();
    const file = place.write("home/token", "from-file\n", 0o600);
    chmodSync(file, 0o600);
    const fromFile = await place.resolve({ "token-file": "~/token" });
    expect(fromFile).toMatchObject({ settings: { token: "from-file" }, warnings: [] });
    expect(fromFile.origins.token).toEqual({ value: "(hidden)", origin: "flag", where: "--token-file" });
    place.env["HEARTH_TOKEN"] = "from-variable";
    expect((await place.resolve()).settings.token).toBe("from-variable");
    expect((await place.resolve({ "token-file": file })).settings.token).toBe("from-file");
    chmodSync(file, 0o644);
    const readable = await place.resolve({ "token-file": file });
    expect(readable.warnings).toEqual([
      `Others may read the token in ${file}; to stop that: chmod 600 ${file}`,
    ]);
    expect(JSON.stringify([readable.origins, readable.warnings])).not.toMatch(/from-(file|variable)/);
  });

  test.each(["", "two words", "\n"])("file holding %p is refused without showing it", async (text) => {
    using place = scratchHome();
    const file = place.write("home/token", text, 0o600);
    await expect(place.resolve({ "token-file": file })).rejects.toThrow("--token-file:");
    await expect(place.resolve({ "token-file": file })).rejects.not.toThrow("two words");
  });
});

test("hearth's own files are the config, what it extends, token, modules and its folders", async () => {
  using place = scratchHome();
  const token = place.write("home/token", "t", 0o600);
  const config = place.write(
    "home/mine.yaml",
    "extends: user\ncompute: {modules: fns.js}\ntokenFile: token\n",
  );
  place.write("home/.config/hearth/hearth.yaml", "");
  const own = ownFiles(await place.resolve({ config }), place.env);
  expect(own).toContain(config);
  expect(own).toContain(place.userConfig);
  expect(own).toContain(token);
  expect(own).toContain(join(place.home, "fns.js"));
  expect(own).toContain(place.stateDir);
});

test("a config watch goes by the content", async () => {
  using place = scratchHome();
  const config = place.write("home/project/hearth.yaml", "port: 1\n");
  const { files } = await place.resolve();
  let nowMs = Date.now() + 10_000;
  const watch = createConfigWatch(files, () => nowMs);
  expect(watch.changed()).toBe(false);
  place.write("home/project/hearth.yaml", "port: 2\n");
  expect(watch.changed()).toBe(true);
  place.write("home/project/hearth.yaml", "port: 1\n");
  nowMs += 1000;
  expect(watch.changed()).toBe(false);
  chmodSync(config, 0o600);
  nowMs += 1000;
  expect(watch.changed()).toBe(false);
});

test("a config watch reads regular files only: a FIFO, a device or a directory is a change, at once", async () => {
  using place = scratchHome();
  const config = place.write("home/project/hearth.yaml", "port: 1\n");
  const { files } = await place.resolve();
  for (const [what, make] of [
    ["a FIFO", () => execFileSync("mkfifo", [config])],
    ["a device that never ends", () => symlinkSync("/dev/zero", config)],
    ["a loop of links", () => symlinkSync(config, config)],
    ["a directory", () => mkdirSync(config)],
    [
      "a file far too large",
      () => {
        writeFileSync(config, "");
        truncateSync(config, 8e9);
      },
    ],
  ] as const) {
    const watch = createConfigWatch(files);
    rmSync(config, { recursive: true, force: true });
    make();
    expect([what, watch.changed()]).toEqual([what, true]);
  }
});

test("Bun, Node and Deno resolve alike, down to the words of every problem", async () => {
  const texts = [
    "port: 1\nhost: x\nprot: 2\n",
    "a: [\n",
    "port: -1\nlog: 3\n",
    "\tx: 1",
    "a: *b",
    '{"port": 5,}',
  ];
  const bin = join(import.meta.dir, "../../node_modules/.bin");
  const permissions = ["read", "write", "env", "sys"].map((name) => `--allow-${name}`);
  const outputs: string[] = [];
  for (const command of [
    [`${bin}/bun`],
    [`${bin}/node`],
    [`${bin}/deno`, "run", "--quiet", ...permissions],
  ]) {
    using place = scratchHome();
    const folders = texts.map((text, i) => dirname(place.write(`home/p${i}/hearth.yaml`, text)));
    folders.push(join(place.home, "none"));
    const probe = join(import.meta.dir, "config-probe.ts");
    const run = Bun.spawn([...command, probe, place.home, ...folders], { stdout: "pipe", stderr: "inherit" });
    outputs.push((await new Response(run.stdout).text()).replaceAll(place.top, ""));
  }
  expect(outputs[0]?.split("\n").length).toBe(16);
  expect(outputs[1]).toBe(outputs[0]!);
  expect(outputs[2]).toBe(outputs[0]!);
}, 60_000);
