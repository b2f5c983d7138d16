import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../support/server.ts";
import { type Target, TARGETS } from "../support/targets.ts";
import { rawAnswer } from "./support.ts";
import { CSV, JSON_TEXT, NDJSON, TSV, writeParquet } from "./tables.ts";

/** One request, sent to every target. */
interface Asked {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Asked => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { name: `POST ${path} ${text.slice(0, 150)}`, path, method: "POST", body: text, headers };
};
const get = (path: string, headers: Record<string, string> = {}): Asked => ({
  name: `GET ${path} ${JSON.stringify(headers)}`,
  path,
  headers,
});
const read = (source: object, query = "", headers: Record<string, string> = {}) =>
  post(`/api/read_data${query}`, { data_source: source }, headers);
const compute = (operation: string, params: object) =>
  post("/api/compute", { operation, data_source: { type: "csv", filename: "t.csv" }, params });
const sql = (query: string) => compute("sql", { query });
const upload = (query: string, body: string | Uint8Array<ArrayBuffer>, type: string): Asked => ({
  name: `POST /api/write_data?${query} ${type}`,
  path: `/api/write_data?${query}`,
  method: "POST",
  body,
  headers: { "content-type": type },
});

const ODD_FILES: Readonly<Record<string, string | Uint8Array>> = {
  "empty.csv": "",
  "newlines.csv": "\n\n\n",
  "bom.csv": "\uFEFFa,b\r\n1,2\r\n",
  "ragged.csv": "a,b\n1,2\n1,2,3\n",
  "quote.csv": 'a\n"never closed\n',
  "latin1.csv": Uint8Array.of(97, 10, 0xe9, 10),
  "binary.csv": Uint8Array.from({ length: 256 }, (_, i) => i),
  "numbers.csv": "a,b,c,d\n1e400,18446744073709551615,NaN,0x10\n-1e-400,0,inf,1_000\n",
  "ünï 日本.csv": "größe\n1\n",
  "bad.json": '[{"a":1},\n {"a":}]',
  "cut.json": '[{"a":1}',
  "scalar.json": "5",
  "deep.json": `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "surrogate.json": '[{"a":"\\ud800"}]',
  "keys.json": '[{"2":1,"1":2,"__proto__":3,"constructor":4}]',
  "numbers.json": '[{"a":1e400,"b":1.0,"c":-0,"d":9007199254740993,"e":123456789012345678901234567890}]',
  "bad.ndjson": '{"a":1}\nnope\n',
  "mixed.ndjson": '{"a":1}\n{"a":"x"}\n{"b":[1,{"c":null}]}\n',
  "not.parquet": "PAR1 but no more",
  "not.csv.gz": "no gzip",
  "cut.csv.gz": Bun.gzipSync(Buffer.from(CSV)).subarray(0, 40),
  "not.csv.zst": "no zstd",
};

const ASKED: readonly Asked[] = [
  get("/api/ping"),
  get("/api/health"),
  get("/api/operations"),
  get("/openapi.json"),
  get("/nowhere"),
  get("/api/read_data"),
  get("/api/ping", { "x-request-id": "mine-1" }),
  get("/api/ping", { origin: "https://evil.example" }),
  get("/api/ping", { "sec-fetch-site": "cross-site" }),
  get("/api/config"),
  get("/api/ping/"),
  get("/api/%70ing"),
  get("//api/ping"),
  { name: "PUT", path: "/api/read_data", method: "PUT", body: "{}" },
  { name: "HEAD", path: "/api/ping", method: "HEAD" },
  { name: "OPTIONS", path: "/api/ping", method: "OPTIONS" },
  { name: "DELETE", path: "/api/ping", method: "DELETE" },
  { name: "PATCH", path: "/api/nowhere", method: "PATCH", body: "x" },
  ...["t.csv", "t.tsv", "t.json", "t.ndjson", "t.parquet", "t.csv.gz", "t.json.zst"].flatMap((filename) =>
    ["", "?format=ndjson", "?format=csv", "?format=tsv", "?format=parquet", "?format=arrow"].map((query) =>
      read({ type: "auto", filename }, query),
    ),
  ),
  ...Object.keys(ODD_FILES).map((filename) => read({ type: "auto", filename })),
  read({ type: "csv", filename: "t.csv", infer: "engine" }),
  read({ type: "csv", filename: "t.csv", select_columns: ["ok", "nope"] }),
  read({ type: "csv", filename: "t.csv", rename_columns: { id: "ID" }, colour: 1 }),
  read({ type: "csv", filename: "t.csv", delimiter: 5 }),
  read({ type: "csv", filename: "t.csv", delimiter: "" }),
  read({ type: "csv", filename: "t.csv", header: -1 }),
  read({ type: "csv", filename: "t.csv", dtypes: [{ field: "id", type: "str_type" }] }),
  read({ type: "csv", filename: "folder" }),
  read({ type: "csv", filename: "folder/" }),
  read({ type: "csv", filename: "t.csv/" }),
  read({ type: "csv", filename: "t.csv/x" }),
  read({ type: "csv", filename: "nowhere.csv" }),
  read({ type: "csv", filename: "nowhere/x.csv" }),
  read({ type: "csv", filename: "loop.csv" }),
  read({ type: "csv", filename: "../x.csv" }),
  read({ type: "csv", filename: "a\0b" }),
  read({ type: "csv", filename: "x".repeat(300) }),
  read({ type: "csv", filename: "x/".repeat(3000) }),
  read({ type: "csv", filename: "" }),
  read({ type: "csv", filename: 5 }),
  read({ type: "csv" }),
  read({ type: "nope", filename: "t.csv" }),
  read({ type: 5 }),
  read({ filename: "t.csv" }),
  read({ type: "local", data: [{ a: 1 }, { b: [1, { c: null }] }] }),
  read({ type: "local", data: { a: [1, 2], b: ["x"] } }),
  read({ type: "local", data: 5 }),
  read({ type: "csv", filename: "t.csv" }, "?format=nope"),
  read({ type: "csv", filename: "t.csv" }, "", { accept: "text/csv;q=0.3, application/x-ndjson" }),
  post("/api/read_data", ""),
  post("/api/read_data", "{"),
  post("/api/read_data", '{"a":1,}'),
  post("/api/read_data", '{"a" 1}'),
  post("/api/read_data", "nul"),
  post("/api/read_data", '{"a":"\u0001"}'),
  post("/api/read_data", '"\\x"'),
  post("/api/read_data", "[1,2"),
  post("/api/read_data", "01"),
  post("/api/read_data", "[".repeat(100_000)),
  post("/api/read_data", "[]"),
  post("/api/read_data", "null"),
  post("/api/read_data", { data_source: "t.csv" }),
  post("/api/read_data", { data_source: null }),
  post("/api/read_data", { interface_file: 5 }),
  post("/api/read_data", { interface_file: "i.yml" }),
  {
    name: "POST bytes that are no UTF-8",
    path: "/api/read_data",
    method: "POST",
    body: Uint8Array.of(123, 255, 125),
  },
  post("/api/read_data", {}, { "content-encoding": "gzip" }),
  post("/api/compute", {}),
  post("/api/compute", { operation: 5 }),
  post("/api/compute", { operation: "sqll" }),
  post("/api/compute", { operation: "sql", params: [] }),
  sql("SELECT * FROM data"),
  sql("SELECT name, score * 2 AS twice FROM data ORDER BY id LIMIT 2"),
  sql(
    "SELECT DATE '2024-02-29' d, TIMESTAMP '2024-02-29 10:11:12.5' t, INTERVAL 3 DAY i, [1, NULL] l, {'a': 1} s",
  ),
  sql("SELECT 170141183460469231731687303715884105727 h, 1.10::DECIMAL(9,2) d, 'NaN'::DOUBLE n, 1e300 e"),
  sql("SELEC 1"),
  sql("SELECT nope FROM data"),
  sql("SELECT * FROM nope"),
  sql("SELECT nope(1)"),
  sql("SELECT CAST('x' AS INTEGER)"),
  sql("SELECT 1 // 0, 1 / 0"),
  sql("SELECT error('boom')"),
  sql("SELECT * FROM read_csv('t.csv')"),
  sql("COPY data TO 'x'"),
  sql("SELECT 1; SELECT 2"),
  sql(""),
  sql("-- nothing"),
  compute("filter", { where: "id > 2" }),
  compute("filter", { where: "id >" }),
  compute("filter", { where: "nope > 2" }),
  compute("sort", { by: ["ok", "id"], descending: [true, false] }),
  compute("select", { columns: ["name", "id"] }),
  compute("select", { columns: ["nmae"] }),
  compute("add", { columns: { x: "upper(name)", y: "id % 2" } }),
  compute("aggregate", { by: "ok", measures: { n: "count(*)", m: "avg(score)" } }),
  compute("join", { with: { type: "csv", filename: "t.tsv" }, on: "id", how: "left" }),
  compute("describe", {}),
  upload("output=up.csv", NDJSON, "application/x-ndjson"),
  upload("output=up.json", CSV, "text/csv"),
  upload("output=up.ndjson", "a,b\n1,2,3\n1\n1,2,3,4\n", "text/csv"),
  upload("output=up.nope", CSV, "text/csv"),
  upload("output=up.csv", "x", "image/png"),
  upload("output=../up.csv", CSV, "text/csv"),
  upload("output=up.csv&from=nope", CSV, "text/csv"),
  post("/api/write_data", {}),
  post("/api/write_data", { data: { records: [{ a: 1 }] } }),
  post("/api/write_data", { data: { records: 5 }, output: { type: "csv", filename: "w.csv" } }),
  post("/api/write_data", { data: { records: [5] }, output: { type: "csv", filename: "w.csv" } }),
  post("/api/write_data", {
    data: { records: [{ a: 1 }], columns: ["b"] },
    output: { type: "csv", filename: "w.csv" },
  }),
  post("/api/write_data", {
    data: { records: [{ a: 1, b: [1] }] },
    output: { type: "parquet", filename: "w.parquet" },
  }),
  read({ type: "auto", filename: "up.csv" }),
  read({ type: "auto", filename: "up.json" }),
  read({ type: "auto", filename: "w.parquet" }, "?format=csv"),
];

/** Bytes that no client library sends. */
const RAW: readonly string[] = [
  "GET /api/ping HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
  "GET /api/ping HTTP/1.1\r\nhost: LOCALHOST:1\r\nconnection: close\r\n\r\n",
  "POST /api/read_data HTTP/1.1\r\nhost: localhost\r\ncontent-length: 70000000\r\n\r\n",
];

describe("the same request to every target", () => {
  const servers = new Map<Target, TestServer>();
  beforeAll(async () => {
    for (const target of TARGETS) {
      const server = await startServer(target);
      servers.set(target, server);
      const { place } = server;
      for (const [name, content] of Object.entries(ODD_FILES)) place.write(name, content);
      for (const [name, content] of [
        ["csv", CSV],
        ["tsv", TSV],
        ["json", JSON_TEXT],
        ["ndjson", NDJSON],
      ] as const)
        place.write(`t.${name}`, content);
      place.write("t.csv.gz", Bun.gzipSync(Buffer.from(CSV)));
      place.write("t.json.zst", Bun.zstdCompressSync(JSON_TEXT));
      await writeParquet(join(place.data, "t.parquet"));
      mkdirSync(join(place.data, "folder"));
      symlinkSync("loop.csv", join(place.data, "loop.csv"));
    }
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  /** What answers may differ in: ids, processes, times, places, and the name of the runtime. */
  const masked = (text: string, server: TestServer) =>
    text
      .replaceAll(server.place.data, "DATA")
      .replaceAll(/\b[0-9a-z]{6}-[0-9a-z]+\b(?=")/g, "ID")
      .replaceAll(/"pid":\d+/g, '"pid":0')
      .replaceAll(/"id":"[0-9a-z]+"/g, '"id":"ID"')
      .replaceAll(/"runtime":"(?:bun|node|deno) [^"]*"/g, '"runtime":"R"');

  async function answerOf(server: TestServer, asked: Asked): Promise<object> {
    const { path, method = "GET", body, headers } = asked;
    const response = await fetch(server.url + path, { method, body, headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    const kept = ["content-type", "x-hearth-warnings", "x-hearth-version", "allow", "www-authenticate"];
    return {
      status: response.status,
      headers: kept.map((name) => `${name}: ${response.headers.get(name)}`),
      hasId: response.headers.get("x-request-id") !== null,
      // Latin-1 keeps each byte of Parquet and Arrow
      body: masked(bytes.toString("latin1"), server),
    };
  }

  test.each(ASKED.map((asked) => [asked.name, asked] as const))("%s", async (_, asked) => {
    let first: object | undefined;
    for (const [target, server] of servers) {
      const answer = await answerOf(server, asked);
      first ??= answer;
      expect({ target, ...answer }).toEqual({ target, ...first } as never);
      expect(answer).not.toMatchObject({ status: 500 });
    }
  });

  test.each(RAW)("%j", async (bytes) => {
    let first: string | undefined;
    for (const [target, server] of servers) {
      const text = await rawAnswer(server, bytes);
      const answer = `${text.slice(0, 12)} ${masked(text.slice(text.indexOf("\r\n\r\n")), server)}`;
      first ??= answer;
      expect(`${target} ${answer}`).toBe(`${target} ${first}`);
    }
  });
});
