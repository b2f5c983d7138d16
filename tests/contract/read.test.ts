import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { connectRaw, errorOf, processorTicks, read, statusOf, type TableBody, tableOf } from "./support.ts";
import { until } from "../support/until.ts";
import { ANSWER, CSV, JSON_TEXT, manyRows, NDJSON, readParquet, TSV, writeParquet } from "./tables.ts";

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "t.csv": CSV,
  "t.tsv": TSV,
  "t.json": JSON_TEXT,
  "t.ndjson": NDJSON,
  "t.jsonl": NDJSON,
  "t.csv.gz": Bun.gzipSync(Buffer.from(CSV)),
  "t.ndjson.gz": Bun.gzipSync(Buffer.from(NDJSON)),
  "t.csv.zst": Bun.zstdCompressSync(CSV),
  "t.json.zst": Bun.zstdCompressSync(JSON_TEXT),
};

describe.each(TARGETS)("POST /api/read_data on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
    for (const [name, content] of Object.entries(FILES)) server.place.write(name, content);
    await writeParquet(`${server.place.data}/t.parquet`);
  });
  afterAll(() => server.stop());

  describe("gives the same table from", () => {
    const sources = [
      { type: "csv", filename: "t.csv" },
      { type: "tsv", filename: "t.tsv" },
      { type: "csv", filename: "t.tsv", delimiter: "\t" },
      { type: "json", filename: "t.json" },
      { type: "ndjson", filename: "t.ndjson" },
      { type: "parquet", filename: "t.parquet" },
      { type: "local", data: [] as unknown },
      ...[...Object.keys(FILES), "t.parquet"].map((filename) => ({ type: "auto", filename })),
    ];
    test.each(sources.map((source) => [JSON.stringify(source), source] as const))("%s", async (_, source) => {
      const body = JSON.stringify({ data_source: source });
      // JavaScript can't write the large integer of the inline records.
      const sent = body.replace('"data":[]', `"data":${JSON_TEXT}`);
      const response = await server.post("/api/read_data", sent);
      expect(await response.text()).toBe(ANSWER);
      expect(response.headers.get("content-type")).toBe("application/json");
    });
  });

  test("an unknown type is refused with the nearest name", async () => {
    const error = await errorOf(await read(server, { type: "parket", filename: "t.parquet" }));
    expect(error).toMatchObject({ httpStatus: 400, code: "type-unknown" });
    expect(error.hint).toContain("parquet");
  });

  test("the body itself can be the data, of the type that the query names", async () => {
    const response = await fetch(`${server.url}/api/read_data?type=csv&delimiter=;`, {
      method: "POST",
      body: "a;b\n1;x\n",
    });
    expect((await tableOf(response)).records).toEqual([{ a: 1, b: "x" }]);
  });

  test("unknown keys are named in the warnings and change nothing", async () => {
    const response = await server.post("/api/read_data", {
      data_source: { type: "csv", filename: "t.csv", colour: "red" },
      frobnicate: 1,
    });
    const { status, data, warnings } = (await response.json()) as {
      status: string;
      data: TableBody;
      warnings: string[];
    };
    expect([status, data.shape]).toEqual(["success", [4, 4]]);
    expect(warnings.join("\n")).toContain('"frobnicate"');
    expect(warnings.join("\n")).toContain('"colour"');
  });

  describe("answers in the format asked for", () => {
    const NDJSON_LINE = '{"id":3,"name":"日本","score":-0.25,"ok":true}\n';
    const source = { type: "csv", filename: "t.csv" };

    test.each([
      ["?format=ndjson", {}, "application/x-ndjson"],
      ["?format=csv", {}, "text/csv; charset=utf-8"],
      ["?format=tsv", {}, "text/tab-separated-values; charset=utf-8"],
      ["?format=parquet", {}, "application/vnd.apache.parquet"],
      ["?format=arrow", {}, "application/vnd.apache.arrow.stream"],
      ["?format=json", { accept: "text/csv" }, "application/json"],
      ["", { accept: "application/x-ndjson" }, "application/x-ndjson"],
      ["", { accept: "text/csv;q=0.4, application/x-ndjson;q=0.9" }, "application/x-ndjson"],
      ["", { accept: "text/html, application/vnd.apache.parquet" }, "application/vnd.apache.parquet"],
      ["", { accept: "text/csv;q=0, */*" }, "application/json"],
      ["", { accept: "text/html" }, "application/json"],
      ["", { accept: "*/*" }, "application/json"],
    ] as [string, Record<string, string>, string][])("%s %o gives %s", async (query, headers, type) => {
      const response = await read(server, source, query, headers);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toStartWith(type);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
    });

    test("ndjson has a line for each row", async () => {
      const text = await (await read(server, source, "?format=ndjson")).text();
      expect(text.split("\n")).toHaveLength(5);
      expect(text).toContain(NDJSON_LINE);
      expect(text).toContain('"score":1000.0');
    });

    test("CSV reads back as the same table", async () => {
      const text = await (await read(server, source, "?format=csv")).text();
      server.place.write("back.csv", text);
      expect(await (await read(server, { type: "csv", filename: "back.csv" })).text()).toBe(ANSWER);
    });

    test("Parquet is read by the engine, with its types", async () => {
      const bytes = await (await read(server, source, "?format=parquet")).bytes();
      const rows = await readParquet(server.place.write("back.parquet", bytes));
      expect(rows[0]).toBe('{"id":9007199254740993,"name":"Zoë","score":1.5,"ok":true}');
      expect(rows).toHaveLength(4);
    });

    test("an Arrow stream is read by Arrow's own library, with its types", async () => {
      const table = tableFromIPC(await (await read(server, source, "?format=arrow")).bytes());
      expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
        "id Int64",
        "name Utf8",
        "score Float64",
        "ok Bool",
      ]);
      expect(table.toArray().map((row: { toJSON(): unknown }) => row.toJSON())).toEqual([
        { id: 9007199254740993n, name: "Zoë", score: 1.5, ok: true },
        { id: 2n, name: 'a,"b"', score: null, ok: false },
        { id: 3n, name: "日本", score: -0.25, ok: true },
        { id: 4n, name: null, score: 1000, ok: false },
      ]);
    });

    test("an unknown format is refused with the nearest name", async () => {
      const error = await errorOf(await read(server, source, "?format=parkett"));
      expect(error).toMatchObject({ httpStatus: 400, code: "format-unknown" });
      expect(error.hint).toContain("parquet");
    });
  });
});

const LARGE_ROWS = 600_000;
const MIB = 2 ** 20;

/** What a runtime's heap may grow by while 60 MB pass through; holding them as table and text takes several times more. */
const GROWTH_MB = 200;

describe.each(TARGETS)("an answer larger than the memory for it on %s", (target) => {
  let server: TestServer;
  let largeBytes: number;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--cache-limit", "16MiB"] });
    const large = manyRows(LARGE_ROWS);
    largeBytes = large.length;
    server.place.write("large.ndjson", large);
    // What loading the code takes is no part of the growth.
    await (await read(server, { type: "local", data: [{ a: 1 }] }, "?format=ndjson")).text();
  });
  afterAll(() => server.stop());

  test("streams in bounded memory", async () => {
    const before = (await statusOf(server)).memory.rss_mb;
    const response = await read(server, { type: "ndjson", filename: "large.ndjson" }, "?format=ndjson");
    let bytes = 0;
    let lines = 0;
    let peak = before;
    let nextLook = 0;
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
      if (bytes < nextLook) continue;
      nextLook += 8 * MIB;
      peak = Math.max(peak, (await statusOf(server)).memory.rss_mb);
    }
    expect(lines).toBe(LARGE_ROWS);
    expect(bytes).toBe(largeBytes);
    expect(peak - before).toBeLessThan(GROWTH_MB);
  });

  test("waits for a reader that stalls, and is given up when that reader leaves", async () => {
    const before = (await statusOf(server)).memory.rss_mb;
    const connection = await connectRaw(server);
    const body = JSON.stringify({ data_source: { type: "ndjson", filename: "large.ndjson" } });
    connection.pause();
    connection.send(
      `POST /api/read_data HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until("the answer runs", async () => (await statusOf(server)).hearth.inFlight.active === 1);
    // Its processor time stands still once nothing more is made for the reader.
    let used = -1;
    await until("the server waits", async () => {
      const before = used;
      used = processorTicks(server.pid);
      await Bun.sleep(100);
      return used - before <= 1;
    });
    const during = await statusOf(server);
    expect(during.hearth.inFlight.active).toBe(1);
    expect(during.memory.rss_mb - before).toBeLessThan(GROWTH_MB);
    connection.drop();
    await until("the server gives up", async () => (await statusOf(server)).hearth.inFlight.active === 0);
  });

  test("breaks off when the file is cut meanwhile, and never looks whole", async () => {
    const path = server.place.write("cut.ndjson", manyRows(LARGE_ROWS));
    const response = await read(server, { type: "ndjson", filename: "cut.ndjson" });
    truncateSync(path, 0);
    expect(response.status).toBe(200);
    expect(
      await response.text().then(
        () => "ended cleanly",
        () => "broke off",
      ),
    ).toBe("broke off");
    await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
  });

  test("is refused before it begins when a line is broken", async () => {
    server.place.write("broken.ndjson", `${manyRows(LARGE_ROWS / 2)}{"id": oops}\n`);
    const error = await errorOf(await read(server, { type: "ndjson", filename: "broken.ndjson" }));
    expect(error).toMatchObject({ httpStatus: 400, code: "data-invalid" });
    expect(error.error_message).toContain(`line ${LARGE_ROWS / 2 + 1}`);
  });
});
