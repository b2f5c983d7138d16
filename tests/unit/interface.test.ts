import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Caller } from "../../src/access/caller.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import { writeJson } from "../../src/data/json-write.ts";
import { Documents } from "../../src/interface/documents.ts";
import { readTalk } from "../../src/interface/fields.ts";
import { loadInterface } from "../../src/interface/load.ts";
import { fault } from "./fault.ts";

let folder: string;
let documents: Documents;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hearth-interface-")));
  documents = new Documents();
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const owner = (environment: Record<string, string> = {}): Caller => ({
  kind: "owner",
  directory: folder,
  environment,
  timeZone: undefined,
  umask: undefined,
});

function reader(caller: Caller = owner()) {
  const files = createFileAccess({
    caller,
    roots: [folder],
    base: folder,
    protectedPaths: () => [],
    guestWrites: "any",
    trustedPaths: () => [],
  });
  return { caller, files, documents, signal: new AbortController().signal };
}
const load = (name: string, options: { field?: string; directory?: string; caller?: Caller } = {}) =>
  loadInterface(name, {
    ...reader(options.caller),
    directory: options.directory ?? ".",
    field: options.field,
  });
const value = async (name: string, key: string) => writeJson((await load(name)).values[key] ?? null);

describe("inheritance", () => {
  test("parameters of a parent are constants, its output and series inputs, its files lie in its folder", async () => {
    put(
      "up/p.yml",
      [
        "input: {type: csv, filename: i.csv, index: k, directory: data}",
        "output: {type: csv, filename: o.csv, index: k, columns: [a], mapping: {b: B}}",
        "series: {type: csv, filename: s.csv, index: k}",
        "parameters: {type: local, index: i, data: {rate: 1}}",
      ].join("\n"),
    );
    put("c.yml", "inherit: {directory: up, filename: p.yml}\noutput: {type: csv, filename: c.csv, index: k}");
    const up = join(folder, "up");
    expect(JSON.parse(await value("c.yml", "input"))).toEqual({
      type: "hstack",
      index: "k",
      specifications: [
        { type: "csv", filename: "i.csv", index: "k", directory: `${up}/data` },
        { type: "csv", filename: "o.csv", index: "k", directory: up },
        {
          type: "series",
          index: "k",
          specifications: { type: "csv", filename: "s.csv", index: "k", directory: up },
        },
      ],
      mapping: { b: "B" },
      columns: ["a"],
    });
    expect(JSON.parse(await value("c.yml", "constants"))).toMatchObject({ type: "local", data: { rate: 1 } });
    expect(await value("c.yml", "parameters")).toBe("null");
    expect(JSON.parse(await value("c.yml", "output"))).toEqual({
      type: "csv",
      filename: "c.csv",
      index: "k",
    });
    expect((await load("c.yml")).stamps.map(({ realPath }) => realPath)).toEqual([
      join(folder, "c.yml"),
      join(up, "p.yml"),
    ]);
  });

  test("inputs of three generations stand side by side, the oldest first", async () => {
    const input = (name: string) =>
      `input: {type: csv, filename: ${name}, index: k, mapping: {${name}: x}}\n`;
    put("a.yml", input("a"));
    put("b.yml", `${input("b")}inherit: {directory: ., filename: a.yml}`);
    put("c.yml", `${input("c")}inherit: {directory: ., filename: b.yml}`);
    const combined = JSON.parse(await value("c.yml", "input")) as {
      specifications: { filename: string }[];
      mapping: object;
    };
    expect(combined.specifications.map(({ filename }) => filename)).toEqual(["a", "b", "c"]);
    expect(combined.mapping).toEqual({ a: "x", b: "x", c: "x" });
  });

  test("a circle is told with its files, and so is what can't be merged", async () => {
    put("a.yml", "inherit: {directory: ., filename: b.yml}");
    put("b.yml", "inherit: {directory: ., filename: c.yml}");
    put("c.yml", "inherit: {directory: ., filename: a.yml}");
    expect((await fault(load("a.yml"))).message).toContain("a.yml -> b.yml -> c.yml -> a.yml");
    put("p.yml", "x: 1");
    put("d.yml", "x: 2\ninherit: {directory: ., filename: p.yml, append: [x]}");
    expect(await fault(load("d.yml"))).toMatchObject({ code: "data-invalid" });
    put("e.yml", "inherit: {filename: p.yml}");
    expect((await fault(load("e.yml"))).message).toContain("names no directory");
  });

  test("a guest's parents lie below the roots like everything else", async () => {
    put("a.yml", "inherit: {directory: /etc, filename: x.yml}");
    expect((await fault(load("a.yml", { caller: { kind: "guest" } }))).code).toBe("path-outside");
  });
});

test("variables are the caller's, in texts at the top level only", async () => {
  put("a.yml", "t: $PLACE/x\nu: ${UNSET}\nl: [$PLACE]\ninherit: {directory: $DIR, filename: p.yml}");
  put("up/p.yml", "o: 1\nw: $PLACE");
  const { values } = await load("a.yml", { caller: owner({ PLACE: "here", DIR: "up" }) });
  expect(values).toMatchObject({ t: "here/x", u: "${UNSET}", l: ["$PLACE"], o: 1, w: "here" });
});

test("a field picks a part, and what is not there is told with what is", async () => {
  put("a.yml", "part: {x: 1}\nother: 2");
  expect((await load("a.yml", { field: "part" })).values).toMatchObject({ x: 1, user_file: "a.yml" });
  expect((await fault(load("a.yml", { field: "past" }))).hint).toContain('"part", "other"');
  expect((await fault(load("a.yml", { field: "other" }))).code).toBe("data-invalid");
  expect((await fault(loadInterface(["x.yml", "y.yml"], { ...reader(), directory: "." }))).message).toContain(
    '"x.yml", "y.yml"',
  );
});

test("a parsed file is never stale, however it is changed", async () => {
  // Kept at once, as if every file had rested for a minute.
  documents = new Documents({ now: () => Date.now() + 60_000 });
  for (let round = 0; round < 6; round += 1) {
    if (round % 2 === 0) put("a.yml", `v: ${round}`);
    else {
      put("new.yml", `v: ${round}`);
      renameSync(join(folder, "new.yml"), join(folder, "a.yml"));
    }
    utimesSync(join(folder, "a.yml"), 1e9 + round, 1e9 + round);
    expect(await value("a.yml", "v")).toBe(String(round));
    expect(await value("a.yml", "v")).toBe(String(round));
  }
});

describe("the fields of a talk", () => {
  const talk = (configFiles: string[], firstConfig = false) =>
    readTalk({ markdownFile: "t.md", configFiles, firstConfig }, reader(owner({ PLACE: "here" })));

  test("are the front matter's, else those of the configs in their order", async () => {
    put("t.md", "---\ntitle: At $PLACE\ncontent: no field\n---\nBody");
    put("a.yml", 'title: other\nvenue: $PLACE hall\ncategories: [x, "it\'s"]');
    put("b.yml", "venue: never\nlayout: slides");
    const both = await talk(["absent.yml", "a.yml", "b.yml"]);
    expect(["title", "venue", "layout", "categories", "content", "none"].map(both.get)).toEqual([
      "At here",
      "here hall",
      "slides",
      "['x', 'it's']",
      undefined,
      undefined,
    ]);
    expect((await talk(["absent.yml", "a.yml", "b.yml"], true)).get("layout")).toBeUndefined();
    expect(both.warnings).toEqual([]);
  });

  test("what is broken is told, and has no fields", async () => {
    put("t.md", "---\ntitle: [x\n---\nBody");
    put("a.yml", "v: [");
    put("b.yml", "v: 1");
    const found = await talk(["a.yml", "b.yml"]);
    expect(found.get("v")).toBe(1);
    expect(found.warnings.map((text) => /"(\S+)"/.exec(text)?.[1])).toEqual(["t.md", "a.yml"]);
    expect((await talk(["a.yml", "b.yml"], true)).get("v")).toBeUndefined();
  });
});
