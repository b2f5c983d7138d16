import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { createComputeService } from "../../src/compute/service.ts";
import { collect } from "../../src/data/columns.ts";
import { parseJson, type CellObject } from "../../src/data/json-parse.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { ENGINES } from "./engines.ts";
import { fault } from "./fault.ts";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";

const spillFolder = mkdtempSync(join(tmpdir(), "hearth-parquet-"));
const OPTIONS = {
  memoryLimitBytes: 128 << 20,
  spillFolder: async () => spillFolder,
  timeLimitSeconds: 20,
};
afterAll(() => rmSync(spillFolder, { recursive: true }));

describe.each(ENGINES)("a query over a Parquet file, by the engine in %s,", (_, create) => {
  let engine: Engine;
  let data: DataFixture;
  beforeAll(() => {
    engine = create(OPTIONS);
    data = createDataFixture();
  });
  afterEach(() => rmSync(path("t.parquet"), { force: true }));
  afterAll(async () => {
    data.close();
    await engine.close();
    expect(openParquets()).toEqual([]);
  });

  const path = (name: string) => join(data.folder, name);
  const openParquets = () =>
    readdirSync("/proc/self/fd").flatMap((fd) => {
      const target = linkOf(`/proc/self/fd/${fd}`);
      return target.startsWith(data.folder) && target.includes(".parquet") ? [target] : [];
    });

  async function compute(request: object): Promise<string> {
    const signal = new AbortController().signal;
    const service = createComputeService({ engine });
    const { stream } = await service.compute(parseJson(JSON.stringify(request)) as CellObject, {
      read: (source) => data.service.readForQuery(source, { files: data.files, signal }),
      signal,
    });
    return new TextDecoder().decode(encodeRecords(await collect(stream, 1 << 30)));
  }
  const SOURCE = { type: "parquet", filename: "t.parquet" };
  const on = (operation: string, params: object = {}) => compute({ operation, data_source: SOURCE, params });
  const sql = (query: string) => on("sql", { query });

  test("sees the file's own types", async () => {
    await put("date '2024-02-29' d, 1.50::decimal(9,2) p, {'k': 7} s, [1, 2] l", path("t.parquet"));
    expect(await sql("select d + 1 d, p * 2 p, s.k k, l[2] l from data")).toBe(
      '[{"d":"2024-03-01","p":3.0,"k":7,"l":2}]',
    );
  });

  test("takes NaN for missing, as a file read whole, and a value that is wrong for no damage", async () => {
    await put("* from (values (1.0::double), ('nan'), (3.0), (null)) t(x)", path("t.parquet"));
    expect(await sql("select avg(x) a, count(x) n, max(x) m from data")).toBe('[{"a":2.0,"n":2,"m":3.0}]');
    expect(await on("filter", { where: "x > 2" })).toBe('[{"x":3.0}]');
    expect((await fault(sql("select cast('gzip' as int) from data"))).code).toBe("query-failed");
  });

  test("gives every row of a longer result, whatever operation asked", async () => {
    await put("i, i % 3 m, 'row ' || i t from range(50000) r(i)", path("t.parquet"));
    expect(await sql("select count(*) n, sum(i) s from data")).toBe('[{"n":50000,"s":1249975000}]');
    expect(await on("aggregate", { by: "m", measures: { n: "count(*)" } })).toBe(
      '[{"m":0,"n":16667},{"m":1,"n":16667},{"m":2,"n":16666}]',
    );
    expect(JSON.parse(await on("select", { columns: ["t", "i"] }))).toHaveLength(50_000);
    expect(await on("filter", { where: "i = 49999" })).toBe('[{"i":49999,"m":1,"t":"row 49999"}]');
    const unknown = await fault(on("select", { columns: ["u"] }));
    expect(unknown.code).toBe("column-unknown");
  });

  test("describes it with types and figures", async () => {
    const columns = [
      "i::integer i",
      "case when i > 0 then i end::bigint g",
      "(i / 2)::decimal(9,2) p",
      "i::float f",
      "date '2024-01-01' + i::integer d",
      "i > 0 b",
      "[i] l",
      "{'k': i} s",
      "'t' || i t",
    ];
    await put(`${columns.join(", ")} from range(3) r(i)`, path("t.parquet"));
    const rows = JSON.parse(await on("describe")) as Record<string, unknown>[];
    expect(
      rows.map((row) => [row["column"], row["type"], row["count"], row["min"], row["max"], row["mean"]]),
    ).toEqual([
      ["i", "int64", 3, 0, 2, 1],
      ["g", "Int64", 2, 1, 2, 1.5],
      ["p", "float64", 3, 0, 1, 0.5],
      ["f", "float64", 3, 0, 2, 1],
      ["d", "object", 3, "2024-01-01", "2024-01-03", null],
      ["b", "bool", 3, false, true, null],
      ["l", "object", 3, null, null, null],
      ["s", "object", 3, null, null, null],
      ["t", "object", 3, "t0", "t2", null],
    ]);
  });

  test("is never stale: replaced, written over, or gone", async () => {
    const value = async () => JSON.parse(await sql("select v from data"))[0].v;
    for (let round = 0; round < 6; round += 1) {
      await put(`${round} v`, path("new"));
      if (round % 2 === 0) renameSync(path("new"), path("t.parquet"));
      else copyFileSync(path("new"), path("t.parquet"));
      // Also when it has rested long enough to be kept open.
      utimesSync(path("t.parquet"), 1e9 + round, 1e9 + round);
      data.aheadMs = round < 3 ? 0 : 60_000;
      expect(await value()).toBe(round);
      expect(await value()).toBe(round);
    }
    data.aheadMs = 0;
    rmSync(path("t.parquet"));
    expect((await fault(value())).code).toBe("file-not-found");
  });

  test("replaced all the while, it is read as one of its versions", async () => {
    await put("1 v from range(20000)", path("one"));
    await put("2 v from range(20000)", path("two"));
    const replace = (round: number) => {
      copyFileSync(path(round % 2 === 0 ? "one" : "two"), path("new"));
      renameSync(path("new"), path("t.parquet"));
    };
    let round = 0;
    replace(round);
    const replacing = setInterval(() => replace((round += 1)), 2);
    const seen = new Set<string>();
    for (let i = 0; i < 60; i += 1) seen.add(await sql("select min(v) a, max(v) b, count(*) n from data"));
    clearInterval(replacing);
    expect([...seen].sort()).toEqual(['[{"a":1,"b":1,"n":20000}]', '[{"a":2,"b":2,"n":20000}]']);
  });

  test("a file that is asked again is as it was at first, for whoever reads it still", async () => {
    await put("i, i::float f, ['a'] l, i % 7 = 0 b from range(1000000) r(i)", path("t.parquet"));
    data.aheadMs = 60_000;
    const signal = new AbortController().signal;
    const open = await createComputeService({ engine }).compute(
      { operation: "sql", data_source: SOURCE, params: { query: "from data" } },
      { read: (source) => data.service.readForQuery(source, { files: data.files, signal }), signal },
    );
    const answers = new Set<string>();
    for (let i = 0; i < 3; i += 1) {
      answers.add(await sql("from data where i in (7, 999998)"));
      answers.add(await sql("describe data"));
    }
    expect(answers.size).toBe(2);
    expect([...answers][0]).toContain('"i":999998,"f":999998.0,"l":["a"],"b":false');
    expect((await collect(open.stream, 1 << 30)).rows).toBe(1_000_000);
    data.aheadMs = 0;
  });

  test("reads only what it needs, and says which file is damaged", async () => {
    await put("i a, hash(i) b from range(20000) r(i)", path("t.parquet"));
    const bytes = readFileSync(path("t.parquet"));
    // The pages of `a` come first; the footer behind the last 2 kB is left as it is.
    bytes.fill(0xff, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.9));
    writeFileSync(path("t.parquet"), bytes);
    expect(await sql("select sum(a) s from data")).toBe('[{"s":199990000}]');
    const damaged = await fault(sql("select sum(b % 7) s from data"));
    expect(damaged).toMatchObject({ code: "data-invalid" });
    expect(damaged.message).toContain('"t.parquet"');
    writeFileSync(path("t.parquet"), "PAR1 but no more PAR1");
    expect((await fault(sql("from data"))).code).toBe("data-invalid");
    writeFileSync(path("t.parquet"), "");
    expect((await fault(sql("from data"))).code).toBe("data-empty");
  });

  test("names a damaged file as each caller wrote it, also when two ask at once", async () => {
    writeFileSync(path("t.parquet"), `PAR1${"x".repeat(2000)}PAR1`);
    data.aheadMs = 60_000;
    const names = ["t.parquet", "./t.parquet"];
    const ask = (filename: string) => {
      const source = { type: "parquet", filename };
      return fault(compute({ operation: "sql", data_source: source, params: { query: "from data" } }));
    };
    const faults = await Promise.all(names.map(ask));
    data.aheadMs = 0;
    expect(faults.map(({ message }) => message)).toEqual(
      names.map((name) => `"${name}" is not a Parquet file, or it is damaged`),
    );
  });

  test("joins it with other sources, kept or not", async () => {
    await put("i, 'n' || i t from range(3) r(i)", path("t.parquet"));
    writeFileSync(path("o.csv"), "i,w\n1,one\n2,two\n");
    const request = {
      operation: "sql",
      sources: { p: SOURCE, c: { type: "csv", filename: "o.csv" }, q: SOURCE },
      params: { query: "select p.t, w, i from p join c using (i) join q using (i) order by 1" },
    };
    for (const aheadMs of [0, 60_000]) {
      data.aheadMs = aheadMs;
      expect(await compute(request)).toBe('[{"t":"n1","w":"one","i":1},{"t":"n2","w":"two","i":2}]');
    }
    data.aheadMs = 0;
  });

  test("keeps few files open, whatever number is asked", async () => {
    data.aheadMs = 60_000;
    for (let i = 0; i < 12; i += 1) {
      await put(`${i} v`, path(`many-${i}.parquet`));
      const source = { type: "parquet", filename: `many-${i}.parquet` };
      expect(await compute({ operation: "sql", data_source: source, params: { query: "from data" } })).toBe(
        `[{"v":${i}}]`,
      );
    }
    data.aheadMs = 0;
    expect(openParquets().length).toBeLessThanOrEqual(4);
  });

  test("reaches no other file", async () => {
    await put("1 v", path("t.parquet"));
    await put("2 v", path("other.parquet"));
    for (const query of [
      `from read_parquet('${path("other.parquet")}')`,
      `from '${path("other.parquet")}'`,
      "from parquet_metadata('/proc/self/fd/9')",
    ])
      expect((await fault(sql(query))).code).toBe("query-refused");
  });
});

async function put(select: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT ${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
