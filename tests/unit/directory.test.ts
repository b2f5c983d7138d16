import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { matchesWildcard } from "../../src/data/wildcard.ts";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

test.each([
  ["a.yml", "*.yml", true],
  ["a.yaml", "*.yml", false],
  [".a.yml", "*.yml", false],
  [".a.yml", ".*", true],
  ["abc", "a?c", true],
  ["abc", "a[!x]c", true],
  ["abc", "a[a-c]c", true],
  ["abc", "[!a-c]bc", false],
  ["a]c", "a[]]c", true],
  ["a[c", "a[c", true],
  ["", "*", true],
  ["aXbXc", "*X*c", true],
  ["é", "?", true],
  ["a".repeat(250), `${"a*".repeat(100)}b`, false],
])("%j matches %j: %s", (name, pattern, isMatch) => {
  expect(matchesWildcard(name, pattern)).toBe(isMatch);
});

describe("a folder as a source", () => {
  let data: DataFixture;
  let outside: string;
  beforeEach(() => {
    data = createDataFixture();
    outside = mkdtempSync(join(tmpdir(), "hearth-outside-"));
  });
  afterEach(() => {
    data.close();
    rmSync(outside, { recursive: true });
  });
  const put = (name: string, text: string) => {
    const path = join(data.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const read = async (source: object) =>
    JSON.parse(await data.json({ type: "yaml_directory", ...source })) as object[];

  test("may be told by its name alone; under another type it is refused with a hint", async () => {
    put("d/a.yml", "v: 1");
    expect(await read({ filename: "d" })).toMatchObject([{ v: 1, sourceFilename: "a.yml" }]);
    expect(await fault(data.json({ type: "auto", filename: "d" }))).toMatchObject({
      code: "not-a-file",
      hint: expect.stringContaining('"directory"'),
    });
    expect(await data.json({ type: "fake", filename: "nowhere", nrows: 0, cols: [] })).toBe("[]");
  });

  test("sees files that come and go, by patterns and expressions", async () => {
    put("d/b.yml", "v: 2\nm: {x: {y: 1}}");
    put("d/a.yml", "v: 1");
    put("d/e/c.yml", "v: 3");
    const source = { directory: "d" };
    const place = { sourceRoot: data.folder, sourceDirectory: "d" };
    expect(await read({ source })).toEqual([
      { v: 1, ...place, sourceFilename: "a.yml", "m.x.y": null },
      { v: 2, ...place, sourceFilename: "b.yml", "m.x.y": 1 },
    ]);
    put("d/0.yml", "v: 0");
    expect((await read({ source })).map((row) => (row as { v: number }).v)).toEqual([0, 1, 2]);
    rmSync(join(data.folder, "d/a.yml"));
    expect(await read({ source })).toHaveLength(2);
    expect(await read({ source: { ...source, glob: "*/*.yml" } })).toHaveLength(1);
    expect(await read({ source: { ...source, regexp: "(?P<n>b)" } })).toHaveLength(1);
    expect(await read({ source: { ...source, regexp: "(b+)+$" } })).toHaveLength(0);
    expect((await fault(read({ source: { ...source, regexp: "(?<=a)b" } }))).code).toBe("request-invalid");
    expect((await fault(read({ source: [source, source] }))).message).toContain("named twice");
  });

  test("leads a guest nowhere else, by links or names", async () => {
    writeFileSync(join(outside, "s.yml"), "secret: 1");
    mkdirSync(join(data.folder, "d"));
    symlinkSync(join(outside, "s.yml"), join(data.folder, "d", "link.yml"));
    symlinkSync(outside, join(data.folder, "d", "folder"));
    expect((await fault(read({ source: { directory: outside } }))).code).toBe("path-outside");
    expect((await fault(read({ source: { directory: "d" } }))).code).toBe("path-outside");
    expect(await read({ source: { directory: "d", glob: "*/*.yml" } })).toEqual([]);
    expect((await fault(read({ source: { directory: "nowhere" } }))).code).toBe("file-not-found");
  });

  test("says which file is broken, and what is none", async () => {
    put("d/a.yml", "v: [1");
    expect((await fault(read({ source: { directory: "d" } }))).message).toContain("/d/a.yml");
    put("d/a.yml", "- 1");
    expect((await fault(read({ source: { directory: "d" } }))).message).toContain("is not a mapping");
    expect(
      (
        await fault(
          read({ type: "directory", source: { directory: "d", glob: "*.xyz" } }).then(async () => {
            put("d/x.xyz", "");
            return read({ type: "directory", source: { directory: "d", glob: "*.xyz" } });
          }),
        )
      ).message,
    ).toContain("Unrecognised type");
  });
});
