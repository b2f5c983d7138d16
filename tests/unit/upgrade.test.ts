import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { upgradeAdvice } from "../../src/cli/upgrade/advice.ts";
import { compareVersions } from "../../src/cli/upgrade/compare.ts";
import { findInstallation } from "../../src/cli/upgrade/installation.ts";
import { registryUrl } from "../../src/cli/upgrade/registry.ts";
import { createPlace } from "../support/place.ts";
import { PROJECT } from "../support/targets.ts";

const place = createPlace();
afterAll(() => place.remove());

describe("versions", () => {
  test.each([
    ["0.1.0", { latest: "0.1.0" }, "0.1.0", false],
    ["0.1.0", { latest: "0.1.1" }, "0.1.1", true],
    ["0.9.0", { latest: "0.10.0" }, "0.10.0", true],
    ["0.2.0", { latest: "0.1.9" }, "0.1.9", false],
    // A release is not told of what comes before the next one; a pre-release is.
    ["1.0.0", { latest: "1.0.0", next: "1.1.0-rc.1" }, "1.0.0", false],
    ["1.1.0-rc.1", { latest: "1.0.0", next: "1.1.0-rc.2" }, "1.1.0-rc.2", true],
    ["1.1.0-rc.2", { latest: "1.1.0", next: "1.1.0-rc.2" }, "1.1.0", true],
    ["1.1.0-rc.10", { latest: "1.0.0", next: "1.1.0-rc.9" }, "1.1.0-rc.9", false],
    // What is built of the same version is no newer one.
    ["1.0.0", { latest: "1.0.0+build.7" }, "1.0.0", false],
    ["1.0.0", {}, null, false],
    ["1.0.0", { latest: "2.0.0; rm -rf ~" }, null, false],
    ["1.0.0", { latest: 2 }, null, false],
  ])("%s and %j: %s, newer: %s", (current, tags, newest, isNewer) => {
    expect(compareVersions(current, tags)).toEqual({ current, newest, isNewer });
  });
});

describe("how a copy was installed", () => {
  test.each([
    ["usr/lib/node_modules/hearthd/dist/src/cli/main.js", "npm-global", "npm install --global hearthd@2.0.0"],
    [
      "home/.nvm/v24/lib/node_modules/hearthd/dist/src/cli/main.js",
      "npm-global",
      "npm install --global hearthd@2.0.0",
    ],
    [
      "proj/node_modules/hearthd/dist/src/cli/main.js",
      "npm-project",
      "npm install --prefix PLACE/proj hearthd@2.0.0",
    ],
    [
      "my/lib/node_modules/hearthd/dist/src/cli/main.js",
      "npm-project",
      "npm install --prefix PLACE/my/lib hearthd@2.0.0",
    ],
    ["home/.npm/_npx/0a1b/node_modules/hearthd/dist/src/cli/main.js", "npx", "npx hearthd@2.0.0"],
    [
      "home/.bun/install/global/node_modules/hearthd/dist/src/cli/main.js",
      "bun-global",
      "bun add --global hearthd@2.0.0",
    ],
    [
      "home/pnpm/global/5/.pnpm/hearthd@1.0.0/node_modules/hearthd/dist/src/cli/main.js",
      "pnpm-global",
      "pnpm add --global hearthd@2.0.0",
    ],
    [
      "cache/deno/npm/registry.npmjs.org/hearthd/1.0.0/dist/src/cli/main.js",
      "deno",
      "deno install --global --force --allow-all --name hearth npm:hearthd@2.0.0",
    ],
  ])("%s: %s", (path, kind, command) => {
    if (path.startsWith("my/")) place.write("my/lib/package.json", "{}");
    const file = place.write(path, "");
    const found = findInstallation(file, false);
    expect(found.kind).toBe(kind as typeof found.kind);
    expect(upgradeAdvice(found, "2.0.0", undefined)).toEqual({
      before: undefined,
      command: command.replace("PLACE", place.data),
    });
  });

  test("this clone, from its sources and as its own binary", () => {
    const command = `cd ${PROJECT} && git pull && npm ci && npm run build`;
    for (const [own, isCompiled] of [
      [join(PROJECT, "src/cli/main.ts"), false],
      [join(PROJECT, "dist/src/cli/main.js"), false],
      [join(PROJECT, "dist/hearth"), true],
    ] as const) {
      const found = findInstallation(own, isCompiled);
      expect(found).toEqual({ kind: "clone", place: PROJECT });
      expect(upgradeAdvice(found, "2.0.0", undefined).command).toBe(command);
    }
  });

  test("a binary, also through a link: the command takes the place of the real file", () => {
    const file = place.write("opt/my tools/hearth", "");
    chmodSync(file, 0o755);
    mkdirSync(join(place.data, "bin"));
    symlinkSync(file, join(place.data, "bin/hearth"));
    const found = findInstallation(join(place.data, "bin/hearth"), true);
    expect(found).toEqual({ kind: "binary", place: file });
    const { before, command } = upgradeAdvice(found, "2.0.0", undefined);
    const folder = `hearth-2.0.0-${process.platform}-${process.arch}`;
    expect(before).toContain(`Fetch ${folder}.tar.gz`);
    expect(command).toBe(
      `tar -xzUf ${folder}.tar.gz --strip-components 1 -C '${place.data}/opt/my tools' ${folder}/hearth`,
    );
  });

  test("a registry that was named is named in the command", () => {
    const global = { kind: "npm-global", place: "/usr/lib/node_modules/hearthd" } as const;
    expect(upgradeAdvice(global, "2.0.0", "https://npm.example.org/").command).toBe(
      "npm install --global hearthd@2.0.0 --registry https://npm.example.org/",
    );
  });
});

describe("the registry", () => {
  test("is the flag's, else the variable's, else npm's", () => {
    const env = { npm_config_registry: "https://npm.example.org/path" };
    expect(registryUrl("http://127.0.0.1:4873", env).href).toBe("http://127.0.0.1:4873/");
    expect(registryUrl(undefined, env).href).toBe("https://npm.example.org/path/");
    expect(registryUrl(undefined, { npm_config_registry: "" }).href).toBe("https://registry.npmjs.org/");
  });

  test.each(["npm.example.org", "ftp://npm.example.org", "https://user:secret@npm.example.org", ""])(
    "%j is refused, and no password is shown",
    (text) => {
      let message = "";
      try {
        registryUrl(text, {});
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("HearthError");
      expect(message).not.toContain("secret");
    },
  );
});
