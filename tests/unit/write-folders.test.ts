import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

let fixture: DataFixture;
beforeEach(() => {
  fixture = createDataFixture();
});
afterEach(() => fixture.close());

const write = (type: string, records: unknown, output: object = {}) =>
  fixture.service.write(
    { records },
    { type, ...output },
    { files: fixture.files, signal: new AbortController().signal },
  );
const at = (filename: string, fields: object = {}, directory = "made") => ({
  sourceRoot: ".",
  sourceDirectory: directory,
  sourceFilename: filename,
  ...fields,
});
const text = (name: string) => readFileSync(join(fixture.folder, name), "utf8");

describe("an output of one file a row", () => {
  test.each([
    ["yaml_directory", "a.yml", "n: 1\nt: x\n"],
    ["json_directory", "a.json", '{"n":1,"t":"x"}\n'],
    ["markdown_directory", "a.md", "---\nn: 1\nt: x\n---\n\nBody"],
    ["meta_directory", "a.pdf", "n: 1\nt: x\n"],
  ])("%s makes its folders and leaves out what is missing", async (type, name, expected) => {
    const body = type === "markdown_directory" ? { content: "Body\n" } : {};
    const records = [at(name, { n: 1, t: "x", gone: null, ...body }, "made/deep/er")];
    const { rows, bytes } = await write(type, records);
    expect(rows).toBe(1);
    const path = `made/deep/er/${name}${type === "meta_directory" ? ".yml" : ""}`;
    expect(text(path)).toBe(expected);
    expect(bytes).toBe(expected.length);
  });

  test.each(["yaml_directory", "json_directory", "markdown_directory"])(
    "%s is written back to the very files that it was read from",
    async (type) => {
      const extension = { yaml_directory: "yml", json_directory: "json", markdown_directory: "md" }[type];
      const records = ["a", "b"].map((name, i) => at(`${name}.${extension}`, { n: i, t: `é ${i}` }, "docs"));
      await write(type, records);
      const source = { type, source: { directory: "docs" } };
      const before = await fixture.json(source);
      expect(before).toContain('"n":1');
      rmSync(join(fixture.folder, "docs"), { recursive: true });
      await write(type, JSON.parse(before));
      expect(await fixture.json(source)).toBe(before);
    },
  );

  test("takes the names of its columns from store_fields", async () => {
    await write("yaml_directory", [{ r: ".", d: "x", f: "a.yml", v: 1 }], {
      store_fields: { root: "r", directory: "d", filename: "f" },
    });
    expect(text("x/a.yml")).toBe("v: 1\n");
  });

  test("writes nothing at all when one row can't be written", async () => {
    const good = at("a.yml", { v: 1 });
    const outside = join(tmpdir(), "elsewhere");
    for (const [bad, code] of [
      [at("a.yml", { v: 2 }, "./made"), "data-invalid"],
      [at("b.yml", {}, "../elsewhere"), "path-outside"],
      [{ ...at("b.yml"), sourceRoot: outside }, "path-outside"],
      [at("b\0.yml"), "request-invalid"],
      [at(""), "request-invalid"],
      [{ ...at("b.yml"), sourceDirectory: 5 }, "data-invalid"],
    ] as const) {
      expect((await fault(write("yaml_directory", [good, bad]))).code).toBe(code);
      expect(existsSync(join(fixture.folder, "made"))).toBeFalse();
    }
    expect(existsSync(outside)).toBeFalse();
  });

  test("needs the columns that say where its rows go", async () => {
    expect(await fault(write("yaml_directory", [{ v: 1 }]))).toMatchObject({
      code: "column-unknown",
      message: expect.stringContaining('"sourceRoot", "sourceDirectory", "sourceFilename"'),
    });
  });

  test("goes through no link that leads outside", async () => {
    const outside = createDataFixture();
    symlinkSync(outside.folder, join(fixture.folder, "link"));
    expect((await fault(write("yaml_directory", [at("a.yml", { v: 1 }, "link/new")]))).code).toBe(
      "path-outside",
    );
    expect(readdirSync(outside.folder)).toEqual([]);
    outside.close();
  });

  test("says how far it came when a file can't be written", async () => {
    mkdirSync(join(fixture.folder, "made"));
    writeFileSync(join(fixture.folder, "made", "z"), "a file where a folder should be");
    const records = [at("a.yml", { v: 1 }), at("b.yml", { v: 2 }), at("c.yml", { v: 3 }, "made/z/deep")];
    const error = await fault(write("yaml_directory", records));
    expect(error.message).toContain("made/z");
    // That was seen beforehand; what comes up only while writing is told with the count.
    expect(existsSync(join(fixture.folder, "made", "a.yml"))).toBeFalse();
    const late = [at("a.yml", { v: 1 }), at(`${"x".repeat(300)}.yml`, { v: 2 })];
    const tooLong = await fault(write("yaml_directory", late));
    expect(tooLong.message).toMatch(/longer than the system allows/);
  });
});
