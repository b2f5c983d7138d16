import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../../scripts/build/package.ts";
import { VERSION } from "../../src/version.ts";
import { createPlace, type Place } from "../support/place.ts";
import { run } from "../support/run.ts";
import { DENO_PERMISSIONS, PROJECT, RUNTIMES, type Target } from "../support/targets.ts";

const BIN = join(PROJECT, "node_modules/.bin");

let place: Place;
/** Files of the tarball, by their paths in the package. */
let packed: string[];

/** Builds, packs and installs the package into an empty folder, as a user's `npm install hearthd` would. */
beforeAll(async () => {
  place = createPlace();
  const source = join(place.home, "package");
  mkdirSync(source);
  await buildPackage(PROJECT, join(source, "dist"));
  cpSync(join(PROJECT, "dist/page"), join(source, "dist/page"), { recursive: true });
  const manifest = readJson(join(PROJECT, "package.json"));
  for (const name of [
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "docs",
    "examples/eval",
    "examples/grafana",
  ]) {
    if (existsSync(join(PROJECT, name))) {
      cpSync(join(PROJECT, name), join(source, name), { recursive: true });
    }
  }
  const pack = await npm(["pack", "--ignore-scripts", "--json", "--pack-destination", place.home], source);
  const parsed = JSON.parse(pack) as PackReport | readonly PackReport[] | Record<string, PackReport>;
  const report = ("files" in parsed ? parsed : Object.values(parsed)[0]) as PackReport;
  packed = report.files.map(({ path }) => path);
  place.write("package.json", '{ "name": "consumer", "private": true, "type": "module" }');
  place.write("a.csv", "x,y\n1,a\n3,b\n");
  const tarball = join(place.home, `${manifest.name}-${manifest.version}.tgz`);
  await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], place.data);
  cpSync(join(import.meta.dir, "package/consumer.ts"), join(place.data, "consumer.ts"));
}, 120_000);

afterAll(() => place?.remove());

interface PackReport {
  readonly files: readonly { readonly path: string }[];
}

test("a global install brings the manual page along", async () => {
  const tarball = join(place.home, `hearthd-${VERSION}.tgz`);
  const prefix = join(place.home, "global");
  const flags = ["--prefix", prefix, "--prefer-offline", "--no-audit", "--no-fund"];
  await npm(["install", "--global", ...flags, tarball], place.data);
  expect(readFileSync(join(prefix, "share/man/man1/hearth.1"), "utf8")).toStartWith(".TH HEARTH 1");
  const registry = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.json({ "dist-tags": { latest: "99.0.0" } }),
  });
  try {
    const command = [join(prefix, "bin/hearth"), "upgrade", "--registry", registry.url.href, "--json"];
    const env = { ...place.env, PATH: `${BIN}:${place.env["PATH"]}` };
    const { stdout } = await run(command, { cwd: place.data, env });
    expect(JSON.parse(stdout)).toMatchObject({
      installation: { kind: "npm-global", place: join(prefix, "lib/node_modules/hearthd") },
      command: `npm install --global hearthd@99.0.0 --registry ${registry.url.href}`,
    });
  } finally {
    await registry.stop(true);
  }
}, 120_000);

function readJson(path: string): { name: string; version: string } {
  return JSON.parse(readFileSync(path, "utf8")) as { name: string; version: string };
}

/** npm with the developer's own settings: where packages come from is theirs to say. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const env = process.env as Record<string, string>;
  const { exitCode, stdout, stderr } = await run(["npm", ...args], { cwd, env, timeoutMs: 110_000 });
  if (exitCode !== 0) throw new Error(`npm ${args[0]} failed: ${stderr}`);
  return stdout;
}

test("the version is the same wherever it stands", () => {
  const lock = readJson(join(PROJECT, "package-lock.json"));
  expect(readJson(join(PROJECT, "package.json")).version).toBe(VERSION);
  expect(readJson(join(PROJECT, "deno.json")).version).toBe(VERSION);
  expect(lock.version).toBe(VERSION);
});

test("the lock file names the packages of every platform; `npm ci` refuses one that doesn't", () => {
  const text = readFileSync(join(PROJECT, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };
  const wanted = Object.values(packages).flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}));
  const missing = wanted.filter(([name]) => packages[`node_modules/${name}`] === undefined);
  expect(missing).toEqual([]);
});

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test("the tarball holds what is run and read, and nothing of this machine", () => {
  const expected =
    /^(?:dist\/(?:src|routes)\/.+\.(?:js|d\.ts)|dist\/page\/[\w-]+\.(?:js|css|json)(?:\.gz)?|dist\/man\/hearth\.1|docs\/.+\.md|docs\/hearth\.schema\.json|docs\/images\/.+\.png|examples\/eval\/.+\.yaml|examples\/grafana\/.+\.json|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
  expect(packed.filter((path) => !expected.test(path))).toEqual([]);
  const needed = ["dist/src/index.js", "dist/src/client/index.d.ts", "dist/src/cli/main.js"];
  for (const path of [...needed, "dist/man/hearth.1", "LICENSE"]) expect(packed).toContain(path);
  const installed = join(place.data, "node_modules/hearthd");
  const telling = packed.filter((path) => readFileSync(join(installed, path), "utf8").includes(PROJECT));
  expect(telling).toEqual([]);
});

test.each(["nodenext", "bundler"])("a consumer's types resolve by %s", async (resolution) => {
  const compilerOptions = {
    target: "es2022",
    module: resolution === "bundler" ? "esnext" : "nodenext",
    moduleResolution: resolution,
    lib: ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
    strict: true,
    noEmit: true,
    types: [],
  };
  const settings = place.write(
    `tsconfig.${resolution}.json`,
    JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
  );
  const { exitCode, stdout } = await run([join(BIN, "tsc"), "-p", settings], {
    cwd: place.data,
    env: place.env,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
});

const COMMANDS = {
  // The command itself, as npm links it: by its first line it finds `node`.
  node: ["node_modules/.bin/hearth"],
  bun: [join(BIN, "bun"), "node_modules/hearthd/dist/src/cli/main.js"],
  deno: [
    join(BIN, "deno"),
    "run",
    "--quiet",
    ...DENO_PERMISSIONS,
    "node_modules/hearthd/dist/src/cli/main.js",
  ],
};
/** Packages hold JavaScript: types are left out of a program for Node before 22.18, so it is stripped for all. */
const PROGRAMS = {
  node: [join(BIN, "node"), "consumer.mjs"],
  bun: [join(BIN, "bun"), "consumer.mjs"],
  deno: [join(BIN, "deno"), "run", "--quiet", ...DENO_PERMISSIONS, "consumer.mjs"],
};

describe.each(RUNTIMES)("the installed package under %s", (runtime) => {
  const env = () => ({
    ...place.env,
    PATH: `${BIN}:${place.env["PATH"]}`,
    HEARTH_PORT: "0",
    HEARTH_STATE_DIR: join(place.home, `state-${runtime}`),
  });
  const hearth = (...args: string[]) =>
    run([...commandOf(runtime), ...args], { cwd: place.data, env: env() });

  test("the command reads a file, starting its server, and stops it", async () => {
    expect((await hearth("version")).stdout).toContain(VERSION);
    try {
      const { exitCode, stdout, stderr } = await hearth("read", "a.csv", "--json");
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(stdout)).toEqual([
        { x: 1, y: "a" },
        { x: 3, y: "b" },
      ]);
    } finally {
      expect((await hearth("stop")).exitCode).toBe(0);
    }
  });

  test("its server has the page, and says what to do where that is missing", async () => {
    const installed = join(place.data, "node_modules/hearthd/dist");
    const page = async () => {
      const { stdout } = await hearth("open", "--json");
      const { url } = JSON.parse(stdout) as { url: string };
      const answer = await fetch(url);
      await hearth("stop");
      return [answer.status, await answer.text()] as const;
    };
    expect(await page()).toEqual([200, expect.stringContaining("/assets/main-")]);
    renameSync(join(installed, "page"), join(installed, "away"));
    try {
      expect(await page()).toEqual([503, expect.stringContaining("npm run build page")]);
    } finally {
      renameSync(join(installed, "away"), join(installed, "page"));
    }
  });

  test("a program embeds it, and asks it by client", async () => {
    const source = readFileSync(join(place.data, "consumer.ts"), "utf8");
    const code = new Bun.Transpiler({ loader: "ts", target: "node" }).transformSync(source);
    writeFileSync(join(place.data, "consumer.mjs"), code);
    const { exitCode, stdout, stderr } = await run(PROGRAMS[runtime as keyof typeof PROGRAMS], {
      cwd: place.data,
      env: env(),
    });
    expect({ exitCode, stderr: withoutDenosAdvice(stderr) }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      VERSION,
      shape: [2, 2],
      records: [{ total: 4 }],
      message: "pong",
      code: "path-outside",
      isOne: true,
    });
  });
});

function commandOf(runtime: Target): readonly string[] {
  return COMMANDS[runtime as keyof typeof COMMANDS];
}

/** Deno prints once that `request.signal` has an older meaning, unless its `no-legacy-abort` is on. */
function withoutDenosAdvice(stderr: string): string {
  return stderr.replace(/^Deno\.serve: request\.signal aborts .*\n?/m, "");
}
