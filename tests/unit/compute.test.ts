import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createComputeService } from "../../src/compute/service.ts";
import { collect, streamOf, tableFromRecords } from "../../src/data/columns.ts";
import { parseJson, type CellObject } from "../../src/data/json-parse.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import type { Cell } from "../../src/data/table.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { fault } from "./fault.ts";

const folder = mkdtempSync(join(tmpdir(), "hearth-compute-"));
const engine = createEngine({
  memoryLimitBytes: 128 << 20,
  spillFolder: async () => folder,
  timeLimitSeconds: 5,
});
const service = createComputeService({ engine });
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const PEOPLE = '[{"n":"Ada","c":"Oslo","a":36},{"n":"Bo","c":"Rome","a":null},{"n":"Cy","c":"Oslo","a":20}]';
const CITIES = '[{"c":"Oslo","a":1},{"c":"Bern","a":2}]';
const SOURCES: Record<string, string> = { people: PEOPLE, cities: CITIES };

async function read(source: { type: string }) {
  const table = tableFromRecords(parseJson(SOURCES[source.type] ?? "[]") as Cell[]);
  return { table, stream: () => streamOf(table) };
}

async function compute(request: object): Promise<string> {
  const body = parseJson(JSON.stringify(request)) as CellObject;
  const { stream } = await service.compute(body, { read });
  return new TextDecoder().decode(encodeRecords(await collect(stream, 1 << 30)));
}

const onPeople = (operation: string, params: object) =>
  compute({ operation, data_source: { type: "people" }, params });

describe("operations", () => {
  test("sql works on data, and without any", async () => {
    expect(await onPeople("sql", { query: "select count(*) n from data" })).toBe('[{"n":3}]');
    expect(await compute({ operation: "sql", params: { query: "select 1 one" } })).toBe('[{"one":1}]');
  });

  test("filter keeps order and types", async () => {
    const both = '[{"n":"Ada","c":"Oslo","a":36.0},{"n":"Cy","c":"Oslo","a":20.0}]';
    expect(await onPeople("filter", { where: "c = 'Oslo' -- from there" })).toBe(both);
  });

  test("sort puts missing values last, both ways", async () => {
    const names = async (params: object) =>
      JSON.parse(await onPeople("sort", params)).map(({ n }: { n: string }) => n);
    expect(await names({ by: "a" })).toEqual(["Cy", "Ada", "Bo"]);
    expect(await names({ by: "a", descending: true })).toEqual(["Ada", "Cy", "Bo"]);
    expect(await names({ by: ["c", "n"], descending: [false, true] })).toEqual(["Cy", "Ada", "Bo"]);
  });

  test("select takes columns in the order named", async () => {
    expect(await onPeople("select", { columns: ["a", "n"] })).toStartWith('[{"a":36.0,"n":"Ada"}');
  });

  test("add appends and replaces", async () => {
    const json = await onPeople("add", { columns: { a: "coalesce(a, 0)::int", twice: "length(n) * 2" } });
    expect(json).toStartWith(
      '[{"n":"Ada","c":"Oslo","a":36,"twice":6},{"n":"Bo","c":"Rome","a":0,"twice":4}',
    );
  });

  test("aggregate gives sorted groups, or one row", async () => {
    const measures = { rows: "count(*)", mean: "avg(a)" };
    expect(await onPeople("aggregate", { by: "c", measures })).toBe(
      '[{"c":"Oslo","rows":2,"mean":28.0},{"c":"Rome","rows":1,"mean":null}]',
    );
    expect(await onPeople("aggregate", { measures: { rows: "count(*)" } })).toBe('[{"rows":3}]');
  });

  test.each([
    ["inner", '[{"n":"Ada","c":"Oslo","a":36.0,"a_right":1},{"n":"Cy","c":"Oslo","a":20.0,"a_right":1}]'],
    ["semi", '[{"n":"Ada","c":"Oslo","a":36.0},{"n":"Cy","c":"Oslo","a":20.0}]'],
    ["anti", '[{"n":"Bo","c":"Rome","a":null}]'],
    [
      "outer",
      '[{"n":"Ada","c":"Oslo","a":36.0,"a_right":1},{"n":"Bo","c":"Rome","a":null,"a_right":null},' +
        '{"n":"Cy","c":"Oslo","a":20.0,"a_right":1},{"n":null,"c":"Bern","a":null,"a_right":2}]',
    ],
  ])("join %s", async (how, expected) => {
    expect(await onPeople("join", { with: { type: "cities" }, on: "c", how })).toBe(expected);
  });

  test("join finds the other table among the sources", async () => {
    const sources = { p: { type: "people" }, q: { type: "cities" } };
    const json = await compute({
      operation: "join",
      sources,
      params: { with: "q", on: { c: "c" }, how: "right" },
    });
    expect(JSON.parse(json)).toHaveLength(3);
  });

  test("describe gives a row for each column", async () => {
    const rows = JSON.parse(await onPeople("describe", {}));
    expect(rows[2]).toEqual({
      column: "a",
      type: "float64",
      count: 2,
      nulls: 1,
      unique: 2,
      min: 20,
      max: 36,
      mean: 28,
      std: 11.313708498984761,
      "25%": 24,
      "50%": 28,
      "75%": 32,
    });
  });
});

describe("an expression stays in its place", () => {
  const attempts = [
    "1) ; drop table data; select (1",
    "1; select 2",
    "1 = 1) FROM (SELECT 2",
    "true) or (true",
    "1, 2",
    "a as b",
    "a FROM data",
    "1 /* open",
    "*",
    "",
    "select 1",
    "x from read_csv('/etc/passwd')",
    "exists(from read_csv('/etc/passwd'))",
    "exists(from 'x.csv')",
    "current_setting('temp_directory') = 'x'",
    "true union select 1",
    "true order by 1",
  ];
  const calls: [string, (text: string) => object][] = [
    ["filter", (where) => ({ where })],
    ["add", (text) => ({ columns: { z: text } })],
    ["aggregate", (text) => ({ by: "c", measures: { z: text } })],
  ];
  for (const [operation, params] of calls) {
    test.each(attempts)(`${operation}: %s`, async (text) => {
      const { code } = await fault(onPeople(operation, params(text)));
      expect(["query-invalid", "query-refused", "request-invalid", "column-unknown"]).toContain(code);
    });
  }

  test("names with quotes are names", async () => {
    const name = 'z" , (select 1) as "y';
    expect(JSON.parse(await onPeople("add", { columns: { [name]: "1" } }))[0]).toHaveProperty([name], 1);
    expect((await fault(onPeople("sort", { by: name }))).code).toBe("column-unknown");
    expect((await fault(onPeople("join", { with: { type: "cities" }, on: name }))).code).toBe(
      "column-unknown",
    );
  });

  test("a failure names the parameter and the place in it", async () => {
    expect((await fault(onPeople("filter", { where: "c = 'é' and\n  xx > 1" }))).message).toBe(
      'No column named "xx" in params.where, line 2, column 3',
    );
    const measures = { ok: "count(*)", bad: "sum(n)" };
    expect((await fault(onPeople("aggregate", { measures }))).message).toBe(
      "No function takes these types: sum(VARCHAR) in params.measures.bad, line 1, column 1",
    );
  });
});

describe("requests", () => {
  test.each([
    [{}, "request-invalid", "Request must include 'operation'"],
    [{ operation: "filtre", data: [] }, "operation-unknown", 'No operation named "filtre"'],
    [{ operation: "filter" }, "request-invalid", 'The operation "filter" needs data'],
    [
      { operation: "filter", data: [{ a: 1 }] },
      "request-invalid",
      '"params.where" must be an SQL expression (a text); it is missing',
    ],
    [
      { operation: "select", data: [{ a: 1 }], params: { columns: "b" } },
      "column-unknown",
      'No column named "b" ("params.columns")',
    ],
    [
      { operation: "sql", sources: { "": { type: "people" } } },
      "request-invalid",
      'A name in "sources" is empty',
    ],
    [
      { operation: "sql", data: [], data_source: {} },
      "request-invalid",
      'The request has "data", "data_source"; only one can be',
    ],
  ])("%j", async (request, code, message) => {
    const error = await fault(compute(request));
    expect([error.code, error.message]).toEqual([code as typeof error.code, message]);
  });

  test("names of sources may differ in more than case only", async () => {
    const sources = { t: { type: "people" }, T: { type: "cities" } };
    expect((await fault(compute({ operation: "sql", sources, params: { query: "from t" } }))).code).toBe(
      "request-invalid",
    );
  });
});
