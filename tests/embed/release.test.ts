import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hostTarget } from "../../scripts/release/targets.ts";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { manPage } from "../../src/cli/man/page.ts";
import { VERSION } from "../../src/version.ts";
import { createPlace, type Place } from "../support/place.ts";
import { readReleased, release, unpack } from "../support/release.ts";
import { run } from "../support/run.ts";
import { PROJECT } from "../support/targets.ts";

const host = hostTarget()?.name ?? "none";
const folder = `hearth-${VERSION}-${host}`;

describe.skipIf(host === "none")("a release for this machine", () => {
  let place: Place;
  /** The unpacked archive. */
  let unpacked: string;
  let told: string;

  beforeAll(async () => {
    place = createPlace();
    const { exitCode, stderr } = await release(place, "out", ["--only", host, "--from", "HEAD"]);
    told = stderr;
    if (exitCode !== 0) throw new Error(stderr);
    unpacked = await unpack(place, "out", `${folder}.tar.gz`);
  }, 300_000);
  afterAll(() => place?.remove());

  const hearth = (...args: string[]) =>
    run([join(unpacked, "hearth"), ...args], {
      cwd: place.data,
      env: { ...place.env, HEARTH_PORT: "0", HEARTH_IDLE_TIMEOUT: "60s" },
    });

  test("holds what it says, and nothing else", () => {
    expect(readdirSync(join(place.home, "out")).toSorted()).toEqual(
      [
        "SHA256SUMS",
        `hearth-${VERSION}-changes.md`,
        `${folder}.tar.gz`,
        `hearth-${VERSION}.cdx.json`,
      ].toSorted(),
    );
    expect(told).toContain(`made    ${host}`);
    expect(told).toContain("tried out here");
    expect(readReleased(place, "out", `hearth-${VERSION}-changes.md`)).toStartWith(`# hearth ${VERSION}\n`);
  });

  test("the binary reads, computes, and knows which archive comes next", async () => {
    place.write("a.csv", "x,y\n1,a\n3,b\n");
    expect(await hearth("version")).toMatchObject({ exitCode: 0, stdout: `hearth ${VERSION}\n` });
    try {
      expect(await hearth("read", "a.csv", "-f", "csv")).toMatchObject({ stdout: "x,y\n1,a\n3,b\n" });
      const query = await hearth("read", "a.csv", "--sql", "select max(x) as m from data", "-f", "csv");
      expect(query).toMatchObject({ exitCode: 0, stdout: "m\n3\n" });
    } finally {
      expect(await hearth("stop")).toMatchObject({ exitCode: 0 });
    }
    const registry = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => Response.json({ "dist-tags": { latest: "99.0.0" } }),
    });
    try {
      const { stdout } = await hearth("upgrade", "--registry", registry.url.href);
      expect(stdout).toContain(`(binary, ${join(unpacked, "hearth")})`);
      expect(stdout).toContain(`hearth-99.0.0-${host}.tar.gz`);
    } finally {
      await registry.stop(true);
    }
  });

  test("the manual page, completions and licence lie beside it", async () => {
    expect(readFileSync(join(unpacked, "man/hearth.1"), "utf8")).toBe(await manPage(COMMANDS));
    expect(readdirSync(join(unpacked, "completions")).toSorted()).toEqual([
      "_hearth",
      "hearth.bash",
      "hearth.fish",
    ]);
    expect(readFileSync(join(unpacked, "LICENSE"), "utf8")).toBe(
      readFileSync(join(PROJECT, "LICENSE"), "utf8"),
    );
    const others = readFileSync(join(unpacked, "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["hono", "@duckdb/node-api", "apache-arrow", "bun"]) {
      expect(others).toMatch(new RegExp(`^${name}@\\d`, "m"));
    }
    expect(statSync(join(unpacked, "hearth")).mode & 0o777).toBe(0o755);
  });
});

test("a target that there isn't, and a folder that is not empty, are refused", async () => {
  const place = createPlace();
  try {
    const unknown = await release(place, "none", ["--only", "windows-x64"]);
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("No target windows-x64") });
    place.write("../home/full/file", "");
    const full = await release(place, "full", ["--only", host]);
    expect(full).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is not empty") });
  } finally {
    place.remove();
  }
});
