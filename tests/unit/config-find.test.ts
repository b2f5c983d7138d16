import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { findConfig } from "../../src/config/find.ts";
import { cacheFolder, configFolder, ensurePrivateFolder, stateFolder } from "../../src/config/folders.ts";
import { scratchHome } from "./config-fixture.ts";

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";

describe("searching for a config", () => {
  const search = (place: ReturnType<typeof scratchHome>, from: string) =>
    findConfig(from, place.home, join(place.home, ".config/hearth"));

  test("goes upwards to the top of the repository and no further", () => {
    using place = scratchHome();
    const deep = join(place.project, "a/b");
    mkdirSync(deep, { recursive: true });
    place.write("home/hearth.yaml", "");
    expect(search(place, deep).config).toBeUndefined();
    const path = place.write("home/project/hearth.json", "{}");
    expect(search(place, deep).config).toEqual({ path, realPath: path, how: "found" });
    const nearer = place.write("home/project/a/hearth.yaml", "");
    expect(search(place, deep).config?.path).toBe(nearer);
  });

  test("stops at the home folder, which counts", () => {
    using place = scratchHome();
    rmSync(join(place.project, ".git"), { recursive: true });
    place.write("hearth.yaml", "");
    expect(search(place, place.project).config).toBeUndefined();
    const path = place.write("home/hearth.yaml", "");
    expect(search(place, place.project).config?.path).toBe(path);
  });

  test("ends in the user's config folder", () => {
    using place = scratchHome();
    place.write("home/.config/hearth/hearth.yaml", "");
    expect(search(place, place.project).config).toMatchObject({ path: place.userConfig, how: "user" });
  });

  test("passes over what others may write, a folder, a link to nowhere, and says why", () => {
    using place = scratchHome();
    const path = place.write("home/project/hearth.yaml", "");
    chmodSync(path, 0o664);
    const found = search(place, place.project);
    expect(found.config).toBeUndefined();
    expect(found.warnings).toEqual([
      `${path} is not used: others may write it (mode 0664); to use it: chmod go-w ${path}`,
    ]);
    rmSync(path);
    mkdirSync(path);
    expect(search(place, place.project).warnings).toEqual([`${path} is not used: it is not a regular file`]);
    rmSync(path, { recursive: true });
    symlinkSync("/nowhere", path);
    expect(search(place, place.project)).toEqual({ config: undefined, warnings: [] });
  });

  test.if(isRoot)("passes over another user's file", () => {
    using place = scratchHome();
    const path = place.write("home/project/hearth.yaml", "");
    chownSync(path, 4321, 4321);
    const { config, warnings } = search(place, place.project);
    expect(config).toBeUndefined();
    expect(warnings[0]).toContain("it belongs to another user (uid 4321)");
  });
});

describe("folders", () => {
  test.if(isLinux)("follow HEARTH_STATE_DIR and the XDG variables; relative XDG values are ignored", () => {
    expect(stateFolder({ HOME: "/h" })).toBe("/h/.local/state/hearth");
    expect(stateFolder({ HOME: "/h", XDG_STATE_HOME: "/s" })).toBe("/s/hearth");
    expect(stateFolder({ HOME: "/h", XDG_STATE_HOME: "s", HEARTH_STATE_DIR: "" })).toBe(
      "/h/.local/state/hearth",
    );
    expect(stateFolder({ HOME: "/h", XDG_STATE_HOME: "/s", HEARTH_STATE_DIR: "/mine" })).toBe("/mine");
    expect(configFolder({ HOME: "/h" })).toBe("/h/.config/hearth");
    expect(cacheFolder({ HOME: "/h", XDG_CACHE_HOME: "/c" })).toBe("/c/hearth");
  });

  test("a private folder is made, and refused when others may enter it or it is a link", () => {
    using place = scratchHome();
    const folder = join(place.top, "deep/state");
    ensurePrivateFolder(folder);
    ensurePrivateFolder(folder);
    chmodSync(folder, 0o755);
    expect(() => ensurePrivateFolder(folder)).toThrow(
      `The folder ${folder} can't be used: others may enter it (mode 0755)`,
    );
    chmodSync(folder, 0o1777);
    expect(() => ensurePrivateFolder(folder)).toThrow("everybody may write into it (mode 1777)");
    chmodSync(folder, 0o700);
    symlinkSync("state", join(place.top, "deep/link"));
    expect(() => ensurePrivateFolder(join(place.top, "deep/link"))).toThrow("it is a symbolic link");
    place.write("file", "");
    expect(() => ensurePrivateFolder(join(place.top, "file"))).toThrow("it is not a folder");
    expect(() => ensurePrivateFolder(join(place.top, "file/x"))).toThrow(
      "a part of its path is not a folder",
    );
  });

  test.if(isRoot)("a folder of another user is refused", () => {
    using place = scratchHome();
    const folder = join(place.top, "state");
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 4321, 4321);
    expect(() => ensurePrivateFolder(folder)).toThrow("it belongs to another user (uid 4321)");
  });
});
