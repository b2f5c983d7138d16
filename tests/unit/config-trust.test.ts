import { expect, test } from "bun:test";
import { chmodSync, chownSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isTrusted, listTrusted, trust, untrust } from "../../src/config/trust.ts";
import { scratchHome } from "./config-fixture.ts";

test("trust holds for one content at one real path, and can be taken back", () => {
  using place = scratchHome();
  const path = place.write("home/project/hearth.yaml", "port: 1\n");
  symlinkSync(path, join(place.top, "link"));
  const entry = trust(join(place.top, "link"), place.stateDir);
  expect(entry.path).toBe(path);
  expect(isTrusted(path, entry.hash, place.stateDir)).toBe(true);
  expect(isTrusted(path, "other", place.stateDir)).toBe(false);
  expect(isTrusted(`${path}2`, entry.hash, place.stateDir)).toBe(false);
  expect(untrust(path, place.stateDir)).toBe(true);
  expect(untrust(path, place.stateDir)).toBe(false);
  expect(isTrusted(path, entry.hash, place.stateDir)).toBe(false);
});

test("the list tells what changed and what is gone; both can be taken back", () => {
  using place = scratchHome();
  const paths = ["a", "b", "c"].map((name) => place.write(`home/${name}/hearth.yaml`, ""));
  for (const path of paths) trust(path, place.stateDir);
  writeFileSync(paths[1]!, "changed");
  rmSync(paths[2]!);
  const listed = listTrusted(place.stateDir).map(({ path, state }) => [path, state]);
  expect(listed).toEqual([
    [paths[0]!, "valid"],
    [paths[1]!, "changed"],
    [paths[2]!, "missing"],
  ]);
  expect(paths.map((path) => untrust(path, place.stateDir))).toEqual([true, true, true]);
  expect(listTrusted(place.stateDir)).toEqual([]);
});

test("a config that changed since it was looked at, or is not ours alone, is not trusted", () => {
  using place = scratchHome();
  const path = place.write("home/hearth.yaml", "");
  expect(() => trust(path, place.stateDir, "hash of something else")).toThrow("has changed meanwhile");
  chmodSync(path, 0o666);
  expect(() => trust(path, place.stateDir)).toThrow("others may write it");
  expect(() => trust(join(place.home, "none"), place.stateDir)).toThrow("There is no config");
});

test("a list that others may write to counts for nothing; a broken entry neither", () => {
  using place = scratchHome();
  const path = place.write("home/hearth.yaml", "");
  const { hash } = trust(path, place.stateDir);
  const folder = join(place.stateDir, "trusted");
  chmodSync(folder, 0o777);
  expect(isTrusted(path, hash, place.stateDir)).toBe(false);
  chmodSync(folder, 0o700);
  expect(isTrusted(path, hash, place.stateDir)).toBe(true);
  writeFileSync(join(folder, readdirSync(folder)[0]!), '{"path":');
  expect(isTrusted(path, hash, place.stateDir)).toBe(false);
});

test.if(process.getuid?.() === 0)("a list of another user counts for nothing", () => {
  using place = scratchHome();
  const path = place.write("home/hearth.yaml", "");
  const { hash } = trust(path, place.stateDir);
  chownSync(join(place.stateDir, "trusted"), 4321, 4321);
  expect(isTrusted(path, hash, place.stateDir)).toBe(false);
});
