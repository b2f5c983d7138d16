import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hostTarget } from "../../scripts/release/targets.ts";
import { VERSION } from "../../src/version.ts";
import { createPlace, type Place } from "../support/place.ts";
import { readReleased, release, unpack } from "../support/release.ts";
import { run } from "../support/run.ts";

// Compiles for every platform, twice: a minute or two, and the packages of all platforms from the registry.
let place: Place;
let told: string;

beforeAll(async () => {
  place = createPlace();
  const { exitCode, stderr } = await release(place, "out", []);
  told = stderr;
  expect({ exitCode, missing: /^MISSING.*$/gm.exec(stderr) }).toEqual({ exitCode: 0, missing: null });
}, 600_000);
afterAll(() => place?.remove());

/** The first bytes of each kind of program: format, width and byte order, processor. */
const HEADS: Record<string, (head: Buffer) => void> = {
  "linux-x64": elf(0x3e, "/lib64/ld-linux-x86-64.so.2"),
  "linux-arm64": elf(0xb7, "/lib/ld-linux-aarch64.so.1"),
  "linux-x64-musl": elf(0x3e, "/lib/ld-musl-x86_64.so.1"),
  "linux-arm64-musl": elf(0xb7, "/lib/ld-musl-aarch64.so.1"),
  "darwin-x64": machO("cffaedfe07000001"),
  "darwin-arm64": machO("cffaedfe0c000001"),
};

function elf(machine: number, loader: string) {
  return (head: Buffer) => {
    expect(head.subarray(0, 6).toString("hex")).toBe("7f454c460201");
    expect(head.readUInt16LE(18)).toBe(machine);
    expect(head.includes(`${loader}\0`)).toBe(true);
  };
}

function machO(hex: string) {
  return (head: Buffer) => expect(head.subarray(0, 8).toString("hex")).toBe(hex);
}

describe.each(Object.entries(HEADS))("%s", (name, check) => {
  test("the binary is of its platform, and runs where this is it", async () => {
    const folder = await unpack(place, "out", `hearth-${VERSION}-${name}.tar.gz`);
    const binary = join(folder, "hearth");
    const head = Buffer.alloc(4096);
    const file = openSync(binary, "r");
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
    check(head);
    if (name === hostTarget()?.name) {
      const { stdout } = await run([binary, "version"], { cwd: place.data, env: place.env });
      expect(stdout).toBe(`hearth ${VERSION}\n`);
      expect(told).toMatch(new RegExp(`^made +${name} .*tried out here`, "m"));
    } else {
      expect(told).toMatch(new RegExp(`^made +${name} .*format checked`, "m"));
    }
    rmSync(folder, { recursive: true });
  });
});

test("the npm package is there, and holds the manual page", async () => {
  const tarball = `hearthd-${VERSION}.tgz`;
  const listed = await run(["tar", "-tzf", tarball], { cwd: join(place.home, "out"), env: place.env });
  expect(listed.stdout.split("\n")).toContain("package/dist/man/hearth.1");
});

test("the same sources give the same bytes", async () => {
  const again = await release(place, "again", []);
  expect(again.exitCode).toBe(0);
  expect(readReleased(place, "again", "SHA256SUMS")).toBe(readReleased(place, "out", "SHA256SUMS"));
});

test("what can't be made is told at the end with its reason, and the rest is made", async () => {
  const { exitCode, stderr } = await release(place, "partly", ["--only", "npm", "--from", "v0.0.0-nowhere"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^MISSING changelog .*(?:\n.*)*v0\.0\.0-nowhere/m);
  const made = readdirSync(join(place.home, "partly")).toSorted();
  expect(made).toEqual(["SHA256SUMS", `hearth-${VERSION}.cdx.json`, `hearthd-${VERSION}.tgz`].toSorted());
  expect(readFileSync(join(place.home, "partly/SHA256SUMS"), "utf8").trim().split("\n")).toHaveLength(2);
});
