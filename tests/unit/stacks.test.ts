import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecords } from "../../src/data/json-write.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { collect } from "../../src/data/columns.ts";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

/** What lynguine 0.1.2 with pandas 2.3.3 gives for these sources. */
const GOLDEN = await Bun.file(join(import.meta.dir, "stacks-golden.json")).text();

interface Golden {
  readonly source: object;
  readonly records: readonly object[];
  readonly dtypes: Readonly<Record<string, string>>;
}

let data: DataFixture;
beforeAll(() => {
  data = createDataFixture();
});
afterAll(() => data.close());

async function read(source: unknown) {
  const signal = new AbortController().signal;
  const result = await data.service.read(source, { files: data.files, signal });
  const table = await collect(result.stream(), 1 << 28);
  const records = new TextDecoder().decode(encodeRecords(table));
  const dtypes = Object.fromEntries(result.schema.map(({ name, dtype }) => [String(name), dtype]));
  return { records: JSON.parse(records) as unknown, dtypes };
}

test.each((JSON.parse(GOLDEN) as Golden[]).map((golden, i) => [i, golden] as const))(
  "stack %i is what pandas makes",
  async (i, { records, dtypes }) => {
    // Parsed as a request is: 2.0 is another number than 2.
    const sources = parseJson(GOLDEN) as unknown as Golden[];
    expect(await read(sources[i]?.source)).toEqual({ records, dtypes } as never);
  },
);

test("row labels of nested JSON join it, whatever the order of its rows", async () => {
  writeFileSync(join(data.folder, "a.json"), '{"n": {"x": 1, "y": 2}}');
  writeFileSync(join(data.folder, "b.json"), '{"m": {"y": 20, "x": 10}}');
  const file = (filename: string) => ({ type: "json", filename });
  const stack = {
    type: "hstack",
    specifications: [file("a.json"), { ...file("b.json"), rename_columns: { m: "k" } }],
  };
  // Twice: labels are there also when the files come from the cache.
  for (let i = 0; i < 2; i += 1)
    expect((await read(stack)).records).toEqual([
      { n: 1, k: 10 },
      { n: 2, k: 20 },
    ]);
});

test.each([
  [{ type: "hstack", specifications: [] }, "request-invalid"],
  [{ type: "vstack" }, "request-invalid"],
  [{ type: "stack", specifications: [{ type: "local", data: [{ a: 1 }, { a: 2 }] }] }, "data-invalid"],
  [{ type: "series", specifications: { type: "local", data: [{ a: 1 }] } }, "request-invalid"],
  [{ type: "series", index: "b", specifications: { type: "local", data: [{ a: 1 }] } }, "column-unknown"],
  [{ type: "gsheet", header: 0 }, "not-supported"],
  [{ type: "fake", nrows: 1e9, cols: ["name"] }, "data-too-large"],
  [{ type: "fake", nrows: 1, cols: ["nmae"] }, "request-invalid"],
])("refused: %j", async (source, code) => {
  expect((await fault(read(source))).code).toBe(code as never);
});

test("made-up data has the rows and types that were asked for", async () => {
  const { records, dtypes } = await read({
    type: "fake",
    nrows: 3,
    cols: { who: "name", years: "age", born: "birthdate" },
  });
  expect(dtypes).toEqual({ who: "object", years: "int64", born: "object" });
  expect(records).toHaveLength(3);
  expect((records as { born: string }[])[0]?.born).toMatch(/^\d{4}-\d\d-\d\d$/);
});
