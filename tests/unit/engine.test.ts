import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, tableFromRecords } from "../../src/data/columns.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { encodeRecords } from "../../src/data/json-write.ts";
import type { Cell, Table, TableStream } from "../../src/data/table.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { MAX_OPEN_RESULTS } from "../../src/engine/slots.ts";
import { SpillBudget } from "../../src/spill-budget.ts";
import { until } from "../support/until.ts";
import { ENGINES } from "./engines.ts";
import { fault } from "./fault.ts";
import type { HearthError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "hearth-engine-"));
afterAll(() => {
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

const OPTIONS = { memoryLimitBytes: 128 << 20, spillFolder: async () => folder, timeLimitSeconds: 1 };

describe.each(ENGINES)("in %s:", (_, create) => {
  let engine: Engine;
  beforeAll(() => {
    engine = create(OPTIONS);
  });
  afterAll(() => engine.close());

  const tableOf = (json: string): Table => tableFromRecords(parseJson(json) as Cell[]);
  const data = tableOf('[{"x":1,"s":"a"},{"x":2,"s":"b"}]');

  async function query(sql: string, table: Table | TableStream = data, signal?: AbortSignal) {
    const session = await engine.open([{ name: "data", data: table }], signal);
    const stream = await session.userQuery("query", sql);
    const result = await collect(stream, 1 << 30);
    const dtypes = Object.fromEntries(stream.schema.map(({ name, dtype }) => [name, dtype]));
    return { json: new TextDecoder().decode(encodeRecords(result)), dtypes };
  }

  describe("values", () => {
    test("every dtype goes in and comes out as it was", async () => {
      const json =
        '[{"i":1,"big":9007199254740993,"f":2.0,"t":"é","b":true,"l":[1,2],"o":{"b":1,"2021":2.0},"m":1},' +
        '{"i":-5,"big":-1,"f":null,"t":"longer than twelve bytes","b":false,"l":null,"o":null,"m":"text"}]';
      const { json: out, dtypes } = await query("from data", tableOf(json));
      expect(out).toBe(json);
      expect(dtypes).toMatchObject({
        i: "int64",
        big: "int64",
        f: "float64",
        t: "object",
        b: "bool",
        l: "object",
      });
    });

    test("NaN and the infinities stay what they are, at any depth", async () => {
      const table = tableOf('[{"x":[1.5,Infinity],"v":1},{"x":[2.5,-Infinity],"v":Infinity}]');
      const counts = "count(*) filter (u > 2) a, count(*) filter (u < 0) b, count(*) filter (v > 9) c";
      expect(await query(`select ${counts} from (select unnest(x) u, v from data)`, table)).toMatchObject({
        json: '[{"a":2,"b":1,"c":2}]',
      });
    });

    test("what is nested as deep as JSON may be comes out, also inside more", async () => {
      const nested = `(repeat('[', 512) || repeat(']', 512))::json`;
      const { json } = await query(`select [{'a': ${nested}}] j`);
      expect(json).toBe(`[{"j":[{"a":${"[".repeat(512)}${"]".repeat(512)}}]}]`);
    });

    test.each([
      "repeat('x', 70000000)",
      "encode(repeat('x', 70000000))",
      "(select list(range) from range(9000000))",
      "(('\"' || repeat('x', 70000000) || '\"')::json)",
    ])("a single value that is too large is refused: %s", async (value) => {
      const roomy = create({ ...OPTIONS, memoryLimitBytes: 1 << 30, timeLimitSeconds: 60 });
      const session = await roomy.open([]);
      const refused = await fault(session.userQuery("query", `select ${value} v`));
      expect(refused.code).toBe("data-too-large");
      await roomy.close();
    });

    test("the engine's own types come out as documented", async () => {
      const { json } = await query(
        "select date '2024-02-29' d, timestamp '2024-02-29 10:11:12.5' t, timestamptz '2024-02-29 10:00:00+02' z, " +
          "1.50::decimal(9,2) p, sum(x) s, 170141183460469231731687303715884105727::hugeint h, 'ab'::blob b, " +
          "{'k': [1.0::double]} n, interval 1 day v, time '10:00' c, 'inf'::double f from data",
      );
      expect(json).toBe(
        '[{"d":"2024-02-29","t":"2024-02-29T10:11:12.500000","z":"2024-02-29T08:00:00","p":1.5,"s":3,' +
          '"h":170141183460469231731687303715884105727,"b":"YWI=","n":{"k":[1.0]},"v":"1 day","c":"10:00:00","f":null}]',
      );
    });

    test("missing values decide between int64 and Int64, bool and boolean", async () => {
      const { dtypes } = await query("select * from (values (1, true, 2), (null, null, 3)) t(a, b, c)");
      expect(dtypes).toEqual({ a: "Int64", b: "boolean", c: "int64" });
    });

    test("names that differ in case only, empty ones and repeated ones stay apart", async () => {
      const { json } = await query("select *, x as x from data", tableOf('[{"x":1,"X":2,"":3}]'));
      expect(json).toBe('[{"x":1,"X_1":2,"column3":3,"x_1":1}]');
    });

    test("a large result streams, with dtypes that hold whatever comes", async () => {
      const session = await engine.open([]);
      const stream = await session.userQuery(
        "query",
        "select i, i::varchar || '-' s from range(2000000) t(i)",
      );
      expect(stream.schema.map(({ dtype }) => dtype)).toEqual(["Int64", "object"]);
      let rows = 0;
      for await (const batch of stream.batches) rows += batch.rows;
      expect(rows).toBe(2_000_000);
    });

    test("a stream larger than memory may hold is queried from disk", async () => {
      const batches = async function* () {
        for (let part = 0; part < 40; part += 1) {
          const values = Float64Array.from({ length: 131_072 }, (_, i) => part * 131_072 + i);
          yield {
            rows: values.length,
            columns: [
              { kind: "number", dtype: "int64", name: "i", length: values.length, values, valid: undefined },
            ],
          } as Table;
        }
      };
      const stream: TableStream = { schema: [{ name: "i", dtype: "int64" }], batches: batches() };
      const { json } = await query("select count(*) n, max(i) m from data", stream);
      expect(json).toBe('[{"n":5242880,"m":5242879}]');
    });
  });

  describe("isolation", () => {
    test.each([
      ["select * from 'x.csv'", "query-refused"],
      ["from read_csv('/etc/passwd')", "query-refused"],
      ["from read_text('/etc/passwd')", "query-refused"],
      ["from glob('*')", "query-refused"],
      ["copy data to '/tmp/x'", "query-refused"],
      ["attach '/tmp/x.db'", "query-refused"],
      ["install json", "query-refused"],
      ["load json", "query-refused"],
      ["set memory_limit = '9GB'", "query-refused"],
      ["pragma database_size", "query-refused"],
      ["call duckdb_tables()", "query-refused"],
      ["create table t (x int)", "query-refused"],
      ["insert into data values (1)", "query-refused"],
      ["explain copy data to '/tmp/x'", "query-refused"],
      ["/* /* */ explain select 1 -- */ delete from data", "query-refused"],
      ["/* /* */ explain select 1 -- */ from duckdb_settings()", "query-refused"],
      ["explain /* /* */ select 1 -- */ delete from data", "query-refused"],
      ["select 1; drop table data", "query-refused"],
      ["select getenv('HOME')", "query-refused"],
      ["select current_setting('temp_directory')", "query-refused"],
      ["select list_transform(['a'], lambda s: current_setting(s))", "query-refused"],
      ["from duckdb_settings()", "query-refused"],
      ["select (select value from duckdb_settings() limit 1)", "query-refused"],
      ["from query('select 1')", "query-refused"],
      ["from arrow_scan(1::ubigint, 2::ubigint, 3::ubigint)", "query-refused"],
      ["show tables", "query-refused"],
      ["from pg_settings", "query-invalid"],
      ["with pg_settings as (select 1) from (from pg_settings)", "query-invalid"],
      ["from information_schema.tables", "query-invalid"],
      ['from "https://example.org/x.csv"', "query-refused"],
      ["select $1", "query-invalid"],
    ])("%s is %s", async (sql, code) => {
      const error = await fault(query(sql));
      expect(error.code).toBe(code as typeof error.code);
    });

    test.each([
      "describe data",
      "summarize data",
      "explain from data",
      "-- why?\n/* /* so */ */ explain analyze(from data)",
      "values (1)",
      "with t as (from data) from t",
      "table data",
    ])("%s is allowed", async (sql) => {
      await query(sql);
    });

    test("a table that queries share is as it was after any of them", async () => {
      const session = await engine.open([{ name: "data", data }]);
      const error = await fault(session.query({ sql: "delete from data", origins: [] }));
      expect(error.code).toBe("query-refused");
      expect((await query("select count(*) n from data")).json).toBe('[{"n":2}]');
    });

    test("a query with very many comments is rejected before it is parsed", async () => {
      await query(`${"/**/--\n".repeat(900)} select 1`);
      expect((await fault(query(`${"/**/".repeat(900)} drop table data`))).code).toBe("query-refused");
      const error = await fault(query(`${"/**/".repeat(100_000)} select 1`));
      expect(error.message).toBe("query has more than 1000 comments");
    });

    test("one query's tables are unknown to another, and to itself by another name", async () => {
      const session = await engine.open([{ name: "other", data }]);
      await session.userQuery("query", "from other");
      expect((await fault(query("from other"))).message).toBe(
        'No table named "other" in query, line 1, column 6',
      );
    });
  });

  test.each([
    ["select year(s) from data", "CAST(s AS DATE)"],
    ['select year("s") from data', 'CAST("s" AS DATE)'],
    ["select date_trunc('month', s) from data", "CAST(s AS DATE)"],
    ["select extract(year from s) from data", "CAST(x AS DATE)"],
    ["select strftime(s, '%Y') from data", "CAST(s AS DATE)"],
    ["select s - interval 1 day from data", "CAST(x AS DATE)"],
    ["select sum(s) from data", "CAST(s AS DOUBLE)"],
    ["select s * 2 from data", "CAST(x AS DOUBLE)"],
    ["select upper(x) from data", "CAST(x AS VARCHAR)"],
    ["select x like 'a' from data", "CAST(x AS VARCHAR)"],
  ])("types that do not fit: how to convert them: %s", async (sql, hint) => {
    await expect(query(sql)).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });

  describe("errors in our words", () => {
    test.each([
      ["select from where", "query-invalid", 'Syntax error near "where" in query, line 1, column 13'],
      ["select 'é',\n xx from data", "column-unknown", 'No column named "xx" in query, line 2, column 2'],
      ["select foo(x) from data", "query-invalid", 'No function named "foo" in query, line 1, column 8'],
      [
        "select sum(s) from data",
        "query-invalid",
        "No function takes these types: sum(VARCHAR) in query, line 1, column 8",
      ],
      ["select cast(s as int) from data", "query-failed", '"a" is no INT32 in query, line 1, column 8'],
      ["select 'a", "query-invalid", "A quoted text is not closed or empty in query, line 1, column 8"],
      [
        "select x from data group by s",
        "query-invalid",
        'Column "x" is neither grouped by nor aggregated in query, line 1, column 8',
      ],
      ["", "query-invalid", "query is empty"],
      [
        `select 1${" union all select 1".repeat(600)}`,
        "query-invalid",
        "query has more than 500 SELECTs and joins",
      ],
      [`select 1${"+1".repeat(2000)}`, "query-invalid", "Nested too deeply in query"],
      ["-- é\nexplain\n  select xx", "column-unknown", 'No column named "xx" in query, line 3, column 10'],
      [
        "select unnest([1]) t, count(*) from data group by 1",
        "query-invalid",
        "unnest cannot stand here: it makes rows, which GROUP BY, WHERE and aggregates do not take in query, line 1, column 8",
      ],
      ["select x.a from data", "query-invalid", '"x" has no field "a": it is not a struct or a map in query'],
      ["select * from data join data using (x)", "query-invalid", 'Table "data" is there twice in query'],
      [
        "select (select x, s from data)",
        "query-invalid",
        "A subquery gives 2 columns; expected one in query, line 1, column 8",
      ],
      [
        "select x from data where row_number() over () = 1",
        "query-invalid",
        "Window functions cannot stand in WHERE in query, line 1, column 26",
      ],
      [
        "select count(distinct *) from data",
        "query-invalid",
        "The engine rejects the query: STAR expression is only allowed as the root element of an expression. Use COLUMNS(*) instead in query",
      ],
      [
        "select regexp_matches(s, '[') from data",
        "query-failed",
        "A function rejects a value: missing ]: [ in query",
      ],
    ])("%s", async (sql, code, message) => {
      const error = await fault(query(sql));
      expect([error.code, error.message]).toEqual([code as typeof error.code, message]);
    });
  });

  describe("a failure behind rows that came already", () => {
    test.each([
      ["select case when i = 1900000 then error('no') else i end from range(2000000) t(i)", "query-failed"],
      [
        "select cast(case when i < 1999990 then '1' else 'x' end as int) from range(2000000) t(i)",
        "query-failed",
      ],
    ])("%s fails, and is not cut short", async (sql, code) => {
      expect((await fault(query(sql))).code).toBe(code as HearthError["code"]);
    });

    test("it is said where in the query", async () => {
      const sql =
        "select i, cast(case when i < 1999990 then '1' else 'x' end as int) from range(2000000) t(i)";
      expect((await fault(query(sql))).message).toBe('"x" is no INT32 in query, line 1, column 11');
    });

    test("a query whose time is up among its rows says so", async () => {
      const error = await fault(query("select i from range(2000000000) t(i) where i % 1000 = 0"));
      expect(error.code).toBe("time-limit");
    });
  });

  const ENDLESS = "select count(*) from range(100000000) a, range(100000) b";

  describe("limits", () => {
    test("a query that would never end is cancelled when the caller leaves", async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      expect((await fault(query(ENDLESS, data, controller.signal))).code).toBe("request-cancelled");
    });

    test("changed limits hold from the next query on", async () => {
      const limits = { memoryLimitBytes: 64 << 20, timeLimitSeconds: 60, spillFolder: async () => folder };
      const changing = create(limits);
      const run = async () => {
        const session = await changing.open([]);
        return collect(await session.userQuery("query", ENDLESS), 1 << 20);
      };
      limits.timeLimitSeconds = 0.2;
      expect((await fault(run())).code).toBe("time-limit");
      await changing.close();
    });

    test("a query that spills more than spillLimit is told so and leaves nothing behind", async () => {
      const budget = new SpillBudget(() => 16 << 20);
      const small = create({
        memoryLimitBytes: 32 << 20,
        timeLimitSeconds: 60,
        spillFolder: async () => folder,
        spillShare: async () => budget.share(),
      });
      const sorting = "select repeat(md5(i::varchar), 4) s from range(2_000_000) t(i) order by s";
      const session = await small.open([]);
      const reading = session.userQuery("query", sorting).then((stream) => collect(stream, 1 << 30));
      expect(await fault(reading)).toMatchObject({
        code: "disk-full",
        message: expect.stringContaining("spillLimit"),
      });
      await session.close();
      await small.close();
      await until("the space is given back", () => budget.usedBytes === 0);
    }, 60_000);

    test("a stream that outgrows spillLimit on disk is told so and leaves nothing behind", async () => {
      const budget = new SpillBudget(() => 1 << 20);
      const small = create({
        memoryLimitBytes: 32 << 20,
        timeLimitSeconds: 60,
        spillFolder: async () => folder,
        spillShare: async () => budget.share(),
      });
      const text = "x".repeat(1000);
      const records = Array.from({ length: 4096 }, (_, i) => ({ s: `${text}${Math.sin(i)}` }));
      const batch = tableFromRecords(records);
      const batches = async function* () {
        for (let i = 0; i < 60; i += 1) yield batch;
      };
      const stream = { schema: [{ name: "s", dtype: "object" as const }], batches: batches() };
      const opening = small.open([{ name: "data", data: stream }]).then((session) => session.close());
      expect(await fault(opening)).toMatchObject({ code: "disk-full" });
      await small.close();
      await until("the space is given back", () => budget.usedBytes === 0);
    }, 60_000);

    test("without a folder to spill to there is still the memory", async () => {
      const refusing = create({
        memoryLimitBytes: 64 << 20,
        timeLimitSeconds: 5,
        spillFolder: () => Promise.reject(new Error("read-only")),
      });
      const session = await refusing.open([]);
      expect((await collect(await session.userQuery("query", "select 1 as a"), 1 << 20)).rows).toBe(1);
      await refusing.close();
    });

    test("a query ends when its time is up", async () => {
      expect((await fault(query(ENDLESS))).code).toBe("time-limit");
    });

    test("a query that needs more memory than it may is told so", async () => {
      const patient = create({ ...OPTIONS, timeLimitSeconds: 60 });
      const session = await patient.open([]);
      const result = session.userQuery("query", "select list(i) from range(400000000) t(i)");
      expect((await fault(result)).code).toBe("memory-limit");
      await patient.close();
    });

    test("many queries at once are all answered", async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => query(`select x + ${i} n from data limit 1`)),
      );
      expect(answers.map(({ json }) => json)).toEqual(
        Array.from({ length: 40 }, (_, i) => `[{"n":${i + 1}}]`),
      );
    });

    test("large results are open a few at a time, and all are read to the end", async () => {
      const patient = create({ ...OPTIONS, timeLimitSeconds: 60 });
      let open = 0;
      let mostOpen = 0;
      const read = async () => {
        const session = await patient.open([]);
        const stream = await session.userQuery("query", "select repeat('x', 200) s from range(200000)");
        open += 1;
        mostOpen = Math.max(mostOpen, open);
        let rows = 0;
        for await (const batch of stream.batches) {
          rows += batch.rows;
          await Bun.sleep(1);
        }
        open -= 1;
        return rows;
      };
      expect(await Promise.all(Array.from({ length: 12 }, read))).toEqual(Array(12).fill(200_000));
      expect(mostOpen).toBe(MAX_OPEN_RESULTS);
      await patient.close();
    });

    test("a stream broken off frees its query", async () => {
      const session = await engine.open([]);
      const stream = await session.userQuery("query", "select i, i::varchar s from range(50000000) t(i)");
      for await (const batch of stream.batches) {
        expect(batch.rows).toBeGreaterThan(0);
        break;
      }
      await session.close();
    });
  });
});
