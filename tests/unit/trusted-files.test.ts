import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { trustedFiles } from "../../src/config/trusted-files.ts";
import { scratch } from "./access-fixture.ts";

type Resolved = Parameters<typeof trustedFiles>[0];

function filesOf(
  folder: string,
  values: object,
  modules: readonly string[] = [],
  expanded?: unknown,
): string[] {
  const resolved = {
    settings: { computeModules: modules.map((module) => join(folder, module)) },
    config: undefined,
    models: { own: { values, where: () => "", folder }, user: undefined },
  } as unknown as Resolved;
  return trustedFiles(resolved, expanded).map((path) => path.slice(folder.length + 1));
}

function layOut(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

describe("security: files that a trusted config names", () => {
  test("are programs, scripts and files in commands, also in options, lists and quotes", () => {
    using place = scratch();
    layOut(place.path, {
      "run.sh": "",
      "a b.yaml": "",
      "stop.py": "",
      "t.json": "",
      "x.jinja": "",
      "data/x.csv": "",
    });
    const values = {
      models: {
        m: { cmd: "sh run.sh --template=x.jinja --dir data", cmdStop: "python 'stop.py'", file: "a b.yaml" },
        n: { args: ["--settings", "t.json"] },
      },
    };
    expect(filesOf(place.path, values).sort()).toEqual([
      "a b.yaml",
      "run.sh",
      "stop.py",
      "t.json",
      "x.jinja",
    ]);
  });

  test("count before they exist, when they are written as a path", () => {
    using place = scratch();
    expect(filesOf(place.path, { cmd: "./later.sh later" })).toContain("later.sh");
  });

  test("are named by macros too", () => {
    using place = scratch();
    layOut(place.path, { "settings.json": "" });
    const expanded = new Map([["m", { command: ["serve", "settings.json"] }]]);
    expect(filesOf(place.path, { cmd: "${run}" }, [], expanded)).toEqual(["settings.json"]);
  });

  test("are what modules import, at any depth and in a circle", () => {
    using place = scratch();
    layOut(place.path, {
      "fns/a.mjs": 'import "./b.mjs"; const t = require("../t.json"); new URL("./d.csv", import.meta.url);',
      "fns/b.mjs": "export * from './c'; import('./a.mjs')",
      "fns/c.ts": "",
      "fns/d.csv": "",
      "t.json": "",
      "other.json": "",
    });
    const found = filesOf(place.path, {}, ["fns/a.mjs"]);
    expect(found).toEqual(
      expect.arrayContaining(["fns/a.mjs", "fns/b.mjs", "fns/c.ts", "fns/d.csv", "t.json"]),
    );
    expect(found).not.toContain("other.json");
  });
});
