import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import type { FileAccess } from "../../src/access/files.ts";
import { collect } from "../../src/data/columns.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";

let fixture: DataFixture;
beforeEach(() => {
  fixture = createDataFixture();
});
afterEach(() => fixture.close());

const put = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(fixture.folder, name), content);
const text = (name: string) => readFileSync(join(fixture.folder, name), "utf8");
const access = () => ({ files: fixture.files, signal: new AbortController().signal });

describe("a data source that is none says what it lacks", () => {
  test.each([
    ["people.csv", "AttributeError", "A data source is an object, not a text"],
    [null, "AttributeError", "A data source is an object, not null"],
    [[1], "AttributeError", "A data source is an object, not a list"],
    [{ filename: "a.csv" }, "ValueError", 'The data source has no "type"'],
    [{ type: 5 }, "ValueError", 'The "type" of a data source is a text, not a number'],
    [{ type: "jason", filename: "a" }, "ValueError", 'Unknown type "jason" of a data source'],
    [{ type: "toString", filename: "a" }, "ValueError", "Unknown type"],
    [{ type: "auto" }, "ValueError", 'The data source of type "auto" has no "filename"'],
    [
      { type: "auto", filename: "people.txt" },
      "AttributeError",
      'The name "people.txt" does not tell its type',
    ],
    [{ type: "json" }, "ValueError", 'The data source of type "json" has no "filename"'],
    [{ type: "json", filename: 5 }, "ValueError", 'needs a text as "filename"'],
    [{ type: "json", filename: "a.json", directory: 5 }, "ValueError", '"directory" is a text, not a number'],
    [{ type: "json", filename: "no.json" }, "FileNotFoundError", 'No file "no.json"'],
    [{ type: "local" }, "ValueError", 'it has no "data"'],
    [{ type: "local", data: "x" }, "ValueError", '"data" is a text'],
    [{ type: "local", data: { a: [1, 2], b: [1] } }, "ValueError", "the lists differ in length"],
  ])("%j", async (source, errorType, message) => {
    put("people.txt", "");
    const failure = await fixture.read(source).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "HearthError", errorType });
    expect((failure as Error).message).toContain(message);
    expect((failure as { status: number }).status).toBeLessThan(500);
  });

  test("a near type is suggested", async () => {
    await expect(fixture.read({ type: "JSONL", filename: "a" })).rejects.toMatchObject({
      hint: 'Did you mean "json"?',
    });
    await expect(fixture.read({ type: "nd-json", filename: "a" })).rejects.toMatchObject({
      hint: 'Did you mean "ndjson"?',
    });
  });
});

test("unknown parameters are warned of, with the nearest known one", async () => {
  put("a.json", "[1]");
  const { warnings } = await fixture.read({
    type: "json",
    filename: "a.json",
    select_colums: ["a"],
    zzzzzz: 1,
  });
  expect(warnings).toEqual([
    'Unknown parameter "select_colums" of a data source of type "json"; did you mean "select_columns"?',
    'Unknown parameter "zzzzzz" of a data source of type "json"',
  ]);
});

describe("local data", () => {
  test.each([
    ['{"a": 1, "b": "x", "c": true}', '[{"a":1,"b":"x","c":true}]'],
    [
      '[{"a": 1, "b": "x"}, {"a": 2.5, "c": null}]',
      '[{"a":1.0,"b":"x","c":null},{"a":2.5,"b":null,"c":null}]',
    ],
    ["[]", "[]"],
  ])("%s", async (data, records) => {
    expect(await fixture.json({ type: "local", data: parseJson(data) })).toBe(records);
  });

  test("is in memory and takes what stands after reading", async () => {
    const result = await fixture.read({ type: "local", data: { a: [1], b: [2] }, select_columns: ["b"] });
    expect(result.table?.columns.map(({ name }) => name)).toEqual(["b"]);
    expect(fixture.service.stats().entries).toBe(0);
  });
});

describe("JSON and ndjson files", () => {
  test("a broken one is named with its place", async () => {
    put("bad.json", '{"a": [1,2');
    await expect(fixture.json({ type: "json", filename: "bad.json" })).rejects.toMatchObject({
      code: "data-invalid",
      message: '"bad.json" is not valid JSON: line 1, column 11: expected `,` or `]`, found the end',
    });
    put("bad.ndjson", '{"a":1}\n\n[2]\n');
    await expect(fixture.json({ type: "ndjson", filename: "bad.ndjson" })).rejects.toMatchObject({
      message: '"bad.ndjson" is no table: line 3: expected an object, found a list',
    });
  });

  test("an object of single values is no table", async () => {
    put("a.json", '{"a": 1}');
    await expect(fixture.json({ type: "json", filename: "a.json" })).rejects.toMatchObject({
      errorType: "ValueError",
    });
  });

  test("ndjson is typed as JSON of the same records, packed or not, by extension", async () => {
    const lines = '{"a":1,"2":"x"}\r\n{"a":null,"c":[1.0]}\n\n{"2":"y"}';
    put("a.jsonl", lines);
    put("a.ndjson.gz", gzipSync(lines));
    const expected = '[{"a":1.0,"2":"x","c":null},{"a":null,"2":null,"c":[1.0]},{"a":null,"2":"y","c":null}]';
    expect(await fixture.json({ type: "auto", filename: "a.jsonl" })).toBe(expected);
    expect(await fixture.json({ type: "auto", filename: "a.ndjson.gz" })).toBe(expected);
    expect(await fixture.json({ type: "ndjson", filename: "a.jsonl" })).toBe(expected);
    expect(fixture.service.stats()).toMatchObject({ entries: 2, hits: 1 });
  });

  test("an empty ndjson file is an empty table, an empty JSON file is broken", async () => {
    put("a.ndjson", "");
    put("a.json", "");
    expect(await fixture.json({ type: "ndjson", filename: "a.ndjson" })).toBe("[]");
    await expect(fixture.json({ type: "json", filename: "a.json" })).rejects.toMatchObject({
      code: "data-invalid",
    });
  });
});

describe("larger than memory", () => {
  const records = Array.from(
    { length: 30_000 },
    (_, i) => `{"i":${i},"f":${i === 29_999 ? 0.5 : i},"t":"text ${i}"${i === 20_000 ? ',"late":true' : ""}}`,
  );

  test("ndjson is streamed with the types of the whole, and gives the same as in memory", async () => {
    const small = createDataFixture({ memory: 500_000 });
    writeFileSync(join(small.folder, "a.ndjson"), records.join("\n"));
    put("a.ndjson", records.join("\n"));
    const source = { type: "ndjson", filename: "a.ndjson", ignore_columns: ["i"] };
    const result = await small.read(source);
    expect(result.table).toBeUndefined();
    expect(result.schema.map(({ dtype }) => dtype)).toEqual(["float64", "object", "object"]);
    const streamed = encodeRecords(await collect(result.stream(), 1e9));
    expect(new TextDecoder().decode(streamed)).toBe(await fixture.json(source));
    small.close();
  });

  test("JSON is refused, with what to do", async () => {
    const small = createDataFixture({ memory: 10_000 });
    writeFileSync(join(small.folder, "a.json"), `[${records.join(",")}]`);
    await expect(small.read({ type: "json", filename: "a.json" })).rejects.toMatchObject({
      code: "data-too-large",
      hint: expect.stringContaining("ndjson"),
    });
    small.close();
  });

  test("a file that changes between the passes breaks the stream", async () => {
    const small = createDataFixture({ memory: 500_000 });
    const path = join(small.folder, "a.ndjson");
    writeFileSync(path, records.join("\n"));
    const result = await small.read({ type: "ndjson", filename: "a.ndjson" });
    writeFileSync(path, records.join("\n").replace('"i":5,', '"i":"",'));
    await expect(collect(result.stream(), 1e9)).rejects.toMatchObject({ code: "file-changed", status: 409 });
    small.close();
  });
});

describe("many at once", () => {
  /** Counts how often files are opened, and lets a test hold them. */
  function watched(): { files: FileAccess; opened: () => number; release: () => void } {
    let count = 0;
    const gate = Promise.withResolvers<void>();
    const files: FileAccess = {
      ...fixture.files,
      open: async (path, options) => {
        count += 1;
        await gate.promise;
        return fixture.files.open(path, options);
      },
    };
    return { files, opened: () => count, release: gate.resolve };
  }

  test("ten requests for one file parse it once", async () => {
    fixture.aheadMs = 3_600_000;
    put("a.json", '[{"v":1}]');
    const { files, opened, release } = watched();
    const { signal } = new AbortController();
    const source = { type: "json", filename: "a.json" };
    const reads = Array.from({ length: 10 }, () => fixture.service.read(source, { files, signal }));
    await Bun.sleep(5);
    release();
    const tables = await Promise.all(reads);
    expect(new Set(tables.map(({ table }) => table)).size).toBe(1);
    expect(opened()).toBe(1);
  });

  test("the first going away leaves the others their answer; all going away ends the work", async () => {
    fixture.aheadMs = 3_600_000;
    put("a.json", '[{"v":1}]');
    const { files, release } = watched();
    const source = { type: "json", filename: "a.json" };
    const [first, second] = [new AbortController(), new AbortController()];
    const gone = fixture.service.read(source, { files, signal: first.signal });
    const stays = fixture.service.read(source, { files, signal: second.signal });
    await Bun.sleep(5);
    first.abort();
    await expect(gone).rejects.toMatchObject({ code: "request-cancelled" });
    release();
    expect((await stays).table?.rows).toBe(1);
  });

  test("who may not read a file gets nothing of what another has read", async () => {
    put("a.json", "[1]");
    const source = { type: "json", filename: "a.json" };
    await fixture.read(source);
    const narrowed = { ...source, allowed_roots: [join(fixture.folder, "sub")] };
    await expect(fixture.read(narrowed)).rejects.toMatchObject({ code: "path-outside" });
  });
});

test("a file that keeps changing is reported, not served", async () => {
  put("a.json", "[1]");
  let calls = 0;
  const files: FileAccess = {
    ...fixture.files,
    open: async (path, options) => {
      put("a.json", `[${"1".repeat(++calls)}]`);
      return fixture.files.open(path, options);
    },
  };
  const { signal } = new AbortController();
  await expect(
    fixture.service.read({ type: "json", filename: "a.json" }, { files, signal }),
  ).rejects.toMatchObject({
    code: "file-changed",
    status: 409,
  });
});

describe("writing", () => {
  const data = { records: parseJson('[{"a": 1, "b": 2.0}, {"a": 9007199254740993, "b": null}]') };

  test("json and ndjson", async () => {
    const json = await fixture.service.write(data, { type: "json", filename: "o.json" }, access());
    expect(json).toMatchObject({ rows: 2, path: "o.json", warnings: [] });
    expect(text("o.json")).toBe('[{"a":1,"b":2.0},{"a":9007199254740993,"b":null}]');
    await fixture.service.write(data, { type: "auto", filename: "o.jsonl" }, access());
    expect(text("o.jsonl")).toBe('{"a":1,"b":2.0}\n{"a":9007199254740993,"b":null}\n');
  });

  test("columns select and order; an unknown one writes nothing", async () => {
    const chosen = { ...data, columns: ["b"] };
    await fixture.service.write(chosen, { type: "json", filename: "o.json" }, access());
    expect(text("o.json")).toBe('[{"b":2.0},{"b":null}]');
    const unknown = { ...data, columns: ["zz"] };
    const failing = fixture.service.write(unknown, { type: "json", filename: "n.json" }, access());
    await expect(failing).rejects.toMatchObject({ errorType: "KeyError" });
    await failing.catch(() => {});
    expect(existsSync(join(fixture.folder, "n.json"))).toBe(false);
  });

  test("a name that says so is packed, and reads again", async () => {
    await fixture.service.write(data, { type: "json", filename: "o.json.gz" }, access());
    await fixture.service.write(data, { type: "ndjson", filename: "o.ndjson.zst" }, access());
    expect(gunzipSync(readFileSync(join(fixture.folder, "o.json.gz"))).toString()).toContain(
      "9007199254740993",
    );
    const lines = zstdDecompressSync(readFileSync(join(fixture.folder, "o.ndjson.zst"))).toString();
    expect(lines.split("\n")).toHaveLength(3);
    expect(await fixture.json({ type: "auto", filename: "o.json.gz" })).toContain("9007199254740993");
  });

  test("what was read can be written, and a warm read sees what was written", async () => {
    for (const value of [1, 2, 3]) {
      const records = [{ v: value }];
      await fixture.service.write({ records }, { type: "json", filename: "o.json" }, access());
      expect(await fixture.json({ type: "json", filename: "o.json" })).toBe(`[{"v":${value}}]`);
    }
    const { stream } = await fixture.read({ type: "json", filename: "o.json" });
    expect(await fixture.service.write(stream(), { type: "ndjson", filename: "p" }, access())).toMatchObject({
      rows: 1,
    });
  });

  test.each([
    ["x", '"output" is an object, not a text'],
    [{ filename: "o.csv" }, 'The output has no "type"'],
    [{ type: "json" }, 'The output has no "filename"'],
    [{ type: "jsn", filename: "o" }, 'Unknown type "jsn" of an output'],
    [{ type: "auto", filename: "o.txt" }, "does not tell the type of the output"],
    [{ type: "json", filename: "no/o.json" }, 'The folder of "no/o.json" does not exist'],
  ])("%j is refused", async (output, message) => {
    await expect(fixture.service.write(data, output, access())).rejects.toThrow(message);
  });

  test.each([[undefined], [{}], [[1]]])("records that are %j are refused", async (records) => {
    const failing = fixture.service.write({ records }, { type: "json", filename: "o.json" }, access());
    await expect(failing).rejects.toMatchObject({ code: "request-invalid", status: 400 });
  });
});

describe("a body put down on disk", () => {
  const upload = (name: string, more = {}) => ({
    path: join(fixture.folder, name),
    shownName: "the body",
    type: "ndjson",
    ...more,
  });

  test("is read as its type says, also after its name was removed", async () => {
    const small = createDataFixture({ memory: 100_000 });
    const lines = Array.from({ length: 5000 }, (_, i) => `{"a":${i}}`).join("\n");
    put("body-1", lines);
    const result = await small.service.readUpload(upload("body-1"), access().signal);
    expect(result.table).toBeUndefined();
    unlinkSync(join(fixture.folder, "body-1"));
    expect((await collect(result.stream(), 1e6)).rows).toBe(5000);
    small.close();
  });

  test("is named in messages as the caller knows it", async () => {
    put("body-1", '{"a":1}\n{');
    await expect(fixture.service.readUpload(upload("body-1"), access().signal)).rejects.toThrow(
      '"the body" is not valid JSON: line 2, column 2',
    );
  });
});

test("a target can be checked before the data is there", async () => {
  const check = (output: unknown) => fixture.service.checkTarget(output, fixture.files);
  await check({ type: "json", filename: "o.json" });
  await expect(check({ type: "json", filename: "../o.json" })).rejects.toMatchObject({
    code: "path-outside",
  });
  await expect(check({ type: "jsn", filename: "o" })).rejects.toMatchObject({ code: "type-unknown" });
  expect(existsSync(join(fixture.folder, "o.json"))).toBe(false);
});
