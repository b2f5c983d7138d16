import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { connectRaw, errorOf, statusOf, tableOf } from "./support.ts";
import { until } from "../support/until.ts";

const CITIES = "city,country,people\nOslo,NO,709\nBergen,NO,291\nLyon,FR,522\nParis,FR,\n";

/** A query that runs for minutes. */
const ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";

describe.each(TARGETS)("POST /api/compute on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
    server.place.write("cities.csv", CITIES);
    server.place.write("countries.csv", "country,name\nNO,Norway\nFR,France\nSE,Sweden\n");
  });
  afterAll(() => server.stop());

  const source = { type: "csv", filename: "cities.csv" };
  const compute = (request: object, query = "") => server.post(`/api/compute${query}`, request);
  const rowsOf = async (request: object) => (await tableOf(await compute(request))).records;

  describe("runs", () => {
    test("sql over the source", async () => {
      const query = "SELECT country, sum(people) AS people FROM data GROUP BY ALL ORDER BY country";
      expect(await rowsOf({ operation: "sql", data_source: source, params: { query } })).toEqual([
        { country: "FR", people: 522 },
        { country: "NO", people: 1000 },
      ]);
    });

    test("sql over several named sources", async () => {
      const request = {
        operation: "sql",
        sources: { cities: source, countries: { type: "csv", filename: "countries.csv" } },
        params: {
          query: "SELECT city, name FROM cities JOIN countries USING (country) ORDER BY city LIMIT 2",
        },
      };
      expect(await rowsOf(request)).toEqual([
        { city: "Bergen", name: "Norway" },
        { city: "Lyon", name: "France" },
      ]);
    });

    test("sql without any data", async () => {
      expect(await rowsOf({ operation: "sql", params: { query: "SELECT 1 + 1 AS two" } })).toEqual([
        { two: 2 },
      ]);
    });

    test("filter", async () => {
      const records = await rowsOf({
        operation: "filter",
        data_source: source,
        params: { where: "people > 300" },
      });
      expect(records.map(({ city }) => city)).toEqual(["Oslo", "Lyon"]);
    });

    test("sort, missing values last in both directions", async () => {
      const order = async (descending: boolean) =>
        (await rowsOf({ operation: "sort", data_source: source, params: { by: "people", descending } })).map(
          ({ city }) => city,
        );
      expect(await order(false)).toEqual(["Bergen", "Lyon", "Oslo", "Paris"]);
      expect(await order(true)).toEqual(["Oslo", "Lyon", "Bergen", "Paris"]);
    });

    test("select", async () => {
      const table = await tableOf(
        await compute({ operation: "select", data_source: source, params: { columns: ["people", "city"] } }),
      );
      expect(table.columns).toEqual(["people", "city"]);
      expect(table.dtypes).toEqual({ people: "float64", city: "object" });
    });

    test("add", async () => {
      const params = { columns: { label: "city || ' (' || country || ')'", half: "people / 2" } };
      const records = await rowsOf({ operation: "add", data_source: source, params });
      expect(records[0]).toEqual({
        city: "Oslo",
        country: "NO",
        people: 709,
        label: "Oslo (NO)",
        half: 354.5,
      });
    });

    test("aggregate", async () => {
      const params = { by: "country", measures: { total: "sum(people)", cities: "count(*)" } };
      expect(await rowsOf({ operation: "aggregate", data_source: source, params })).toEqual([
        { country: "FR", total: 522, cities: 2 },
        { country: "NO", total: 1000, cities: 2 },
      ]);
    });

    test("join, with a source of its own", async () => {
      const params = { with: { type: "csv", filename: "countries.csv" }, on: "country", how: "outer" };
      const records = await rowsOf({ operation: "join", data_source: source, params });
      expect(records).toHaveLength(5);
      expect(records[0]).toEqual({ city: "Oslo", country: "NO", people: 709, name: "Norway" });
      expect(records[4]).toEqual({ city: null, country: "SE", people: null, name: "Sweden" });
    });

    test("describe", async () => {
      const records = await rowsOf({ operation: "describe", data_source: source });
      expect(records[2]).toMatchObject({
        column: "people",
        type: "float64",
        count: 3,
        nulls: 1,
        min: 291,
        max: 709,
      });
    });

    test("on inline records, in the contract's envelope", async () => {
      const response = await compute({
        operation: "filter",
        data: { records: [{ a: 1 }, { a: 2 }] },
        params: { where: "a = 2" },
      });
      expect(await response.json()).toEqual({
        status: "success",
        operation: "filter",
        message: "Compute operation 'filter' completed",
        result: { records: [{ a: 2 }], columns: ["a"], shape: [1, 1], dtypes: { a: "int64" } },
      });
    });

    test("and answers as CSV", async () => {
      const response = await compute(
        { operation: "sort", data_source: source, params: { by: "city" } },
        "?format=csv",
      );
      expect(await response.text()).toBe(
        "city,country,people\nBergen,NO,291.0\nLyon,FR,522.0\nOslo,NO,709.0\nParis,FR,\n",
      );
    });
  });

  test("GET /api/operations lists each with its parameters", async () => {
    const { operations } = (await (await server.get("/api/operations")).json()) as {
      operations: { name: string; kind: string; summary: string; parameters: object }[];
    };
    const ofKind = (wanted: string) =>
      operations.filter(({ kind }) => kind === wanted).map(({ name }) => name);
    expect(ofKind("row function")).toEqual(["render_liquid", "today"]);
    expect(ofKind("table function")).toContain("augmentcurrency");
    expect(ofKind("operation").toSorted()).toEqual([
      "add",
      "aggregate",
      "describe",
      "filter",
      "join",
      "select",
      "sort",
      "sql",
    ]);
    for (const { summary } of operations) expect(summary).not.toBe("");
  });

  describe("refuses", () => {
    test("an unknown operation, naming the nearest", async () => {
      const error = await errorOf(await compute({ operation: "fliter", data_source: source }));
      expect(error).toMatchObject({ httpStatus: 404, code: "operation-unknown" });
      expect(error.hint).toContain("filter");
    });

    test("broken SQL, pointing at the place", async () => {
      const query = "SELECT city\nFROM data\nWHEER people > 1";
      const error = await errorOf(
        await compute({ operation: "sql", data_source: source, params: { query } }),
      );
      expect(error).toMatchObject({ httpStatus: 400, code: "query-invalid" });
      expect(error.error_message).toMatch(/line 3/);
    });

    test("an unknown column, naming the nearest", async () => {
      const error = await errorOf(
        await compute({ operation: "sort", data_source: source, params: { by: "peple" } }),
      );
      expect(error).toMatchObject({ httpStatus: 400, code: "column-unknown" });
      expect(error.hint).toContain("people");
    });

    test.each([
      ["filter", {}, "params.where"],
      ["filter", { where: 5 }, "params.where"],
      ["sort", { by: { city: 1 } }, "params.by"],
      ["sort", { by: "city", descending: "yes" }, "params.descending"],
      ["add", { columns: ["x"] }, "params.columns"],
      ["join", { with: "nowhere", on: "city" }, "params.with"],
      ["join", { with: "data", on: "city", how: "sideways" }, "params.how"],
      ["sql", { query: ["SELECT 1"] }, "params.query"],
    ])("%s with %o, naming %s", async (operation, params, field) => {
      const error = await errorOf(await compute({ operation, data_source: source, params }));
      expect(error).toMatchObject({ httpStatus: 400, code: "request-invalid" });
      expect(error.error_message).toContain(field);
    });

    test("data given in two ways", async () => {
      const error = await errorOf(
        await compute({ operation: "describe", data: [{ a: 1 }], data_source: source }),
      );
      expect(error).toMatchObject({ httpStatus: 400, code: "request-invalid" });
    });

    test("an operation without data", async () => {
      const error = await errorOf(await compute({ operation: "describe" }));
      expect(error).toMatchObject({ httpStatus: 400, code: "request-invalid" });
    });

    test("a source that is missing", async () => {
      const missing = { type: "csv", filename: "nowhere.csv" };
      const error = await errorOf(await compute({ operation: "describe", data_source: missing }));
      expect(error).toMatchObject({ httpStatus: 404, code: "file-not-found" });
    });

    test("a query whose values do not fit", async () => {
      const query = "SELECT CAST(city AS INTEGER) FROM data";
      const error = await errorOf(
        await compute({ operation: "sql", data_source: source, params: { query } }),
      );
      expect(error.code).toMatch(/^query-/);
      expect(error.httpStatus).toBeLessThan(500);
    });
  });

  describe("lets no query reach beyond its tables:", () => {
    test.each([
      "SELECT * FROM read_csv('cities.csv')",
      "SELECT * FROM 'cities.csv'",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM glob('/*')",
      "SELECT * FROM read_blob('/etc/hostname')",
      "FROM duckdb_settings()",
      "FROM duckdb_secrets()",
      "SELECT getenv('HOME')",
      "SELECT current_setting('temp_directory')",
      "COPY data TO 'stolen.csv'",
      "COPY (SELECT 1) TO '/tmp/stolen.csv'",
      "ATTACH 'other.db'",
      "INSTALL httpfs",
      "LOAD httpfs",
      "SET enable_external_access = true",
      "PRAGMA database_list",
      "CREATE TABLE t AS SELECT 1",
      "DROP TABLE data",
      "DELETE FROM data",
      "EXPORT DATABASE 'out'",
      "SELECT 1; SELECT 2",
      "SELECT 1; COPY data TO 'stolen.csv'",
    ])("%s", async (query) => {
      const error = await errorOf(
        await compute({ operation: "sql", data_source: source, params: { query } }),
      );
      expect([400, 403]).toContain(error.httpStatus);
      expect(error.code).toMatch(/^query-(?:refused|invalid)$/);
      expect(existsSync(join(server.place.data, "stolen.csv"))).toBeFalse();
    });

    test.each([
      ["filter", { where: "1=1) UNION SELECT * FROM read_text('/etc/passwd') --" }],
      ["filter", { where: "true; DROP TABLE data" }],
      ["filter", { where: "true FROM data; COPY data TO 'stolen.csv'; --" }],
      ["filter", { where: "city IN (SELECT content FROM read_text('/etc/passwd'))" }],
      ["add", { columns: { x: "1, (SELECT 2)) --" } }],
      ["add", { columns: { 'x" , read_text(1) "': "(SELECT content FROM read_text('/etc/hostname'))" } }],
      ["aggregate", { measures: { n: "count(*) FROM data; COPY data TO 'stolen.csv'; SELECT 1" } }],
      ["sort", { by: "city; DROP TABLE data" }],
      ["sort", { by: "city\" DESC; COPY data TO 'stolen.csv'; --" }],
      ["select", { columns: ["city FROM data; --"] }],
    ])("%s with %o", async (operation, params) => {
      const error = await errorOf(await compute({ operation, data_source: source, params }));
      expect([400, 403]).toContain(error.httpStatus);
      expect(existsSync(join(server.place.data, "stolen.csv"))).toBeFalse();
      expect(await rowsOf({ operation: "describe", data_source: source })).toHaveLength(3);
    });
  });

  test("one request's tables are not seen by the next", async () => {
    const params = { query: "SELECT * FROM secret" };
    await tableOf(await compute({ operation: "sql", sources: { secret: source }, params }));
    const error = await errorOf(await compute({ operation: "sql", data_source: source, params }));
    expect(error).toMatchObject({ httpStatus: 400, code: "query-invalid" });
  });

  test("a query ends when its caller goes away, and other requests are answered meanwhile", async () => {
    const body = JSON.stringify({ operation: "sql", params: { query: ENDLESS } });
    const connection = await connectRaw(server);
    connection.send(
      `POST /api/compute HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until("the query runs", async () => (await statusOf(server)).hearth.inFlight.active === 1);
    expect((await server.get("/api/ping")).status).toBe(200);
    expect((await tableOf(await server.post("/api/read_data", { data_source: source }))).shape).toEqual([
      4, 3,
    ]);
    connection.drop();
    await until("the query ends", async () => (await statusOf(server)).hearth.inFlight.active === 0);
  });

  test("a client that gives up by its own time limit frees the server too", async () => {
    const request = fetch(`${server.url}/api/compute`, {
      method: "POST",
      body: JSON.stringify({ operation: "sql", params: { query: ENDLESS } }),
      signal: AbortSignal.timeout(300),
    });
    expect(
      await request.then(
        () => "answered",
        () => "gave up",
      ),
    ).toBe("gave up");
    await until("the query ends", async () => (await statusOf(server)).hearth.inFlight.active === 0);
  });
});

describe.each(TARGETS)("limits of a query on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--compute-timeout", "1s", "--memory-budget", "64MiB"] });
  });
  afterAll(() => server.stop());
  const sql = (query: string) => server.post("/api/compute", { operation: "sql", params: { query } });

  test("its time: it is interrupted and says so", async () => {
    const error = await errorOf(await sql(ENDLESS));
    expect(error).toMatchObject({ httpStatus: 422, code: "time-limit", error_type: "TimeoutError" });
    expect(error.error_message).toContain("1 s");
    expect((await statusOf(server)).hearth.inFlight.active).toBe(0);
  });

  test("its memory: it is refused and says so, and the next one runs", async () => {
    const error = await errorOf(await sql("SELECT list(range) FROM range(50000000)"));
    expect(error).toMatchObject({ httpStatus: 422 });
    expect(["memory-limit", "time-limit"]).toContain(error.code);
    expect((await tableOf(await sql("SELECT 1 AS one"))).records).toEqual([{ one: 1 }]);
  });
});
