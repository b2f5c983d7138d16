import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { tableFromIPC, tableToIPC } from "apache-arrow";
import { createPlace } from "../support/place.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { connectRaw, errorOf, read, spilledFiles, statusOf, tableOf, tempFiles } from "./support.ts";
import { until } from "../support/until.ts";
import { ANSWER, CSV, JSON_TEXT, manyRows, NDJSON, readParquet, TSV, writeParquet } from "./tables.ts";

const MANY = 150_000;

describe.each(TARGETS)("POST /api/write_data on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--upload-limit", "40MiB", "--body-limit", "2MiB"] });
  });
  afterAll(() => server.stop());
  afterEach(() => {
    expect(tempFiles(server.place.data)).toEqual([]);
    expect(spilledFiles(server)).toEqual([]);
  });

  const path = (name: string) => join(server.place.data, name);
  const bytes = (name: string) => readFileSync(path(name));
  const text = (name: string) => readFileSync(path(name), "utf8");

  function write(output: object, data: object = { records: [{ a: 1, b: "x" }] }): Promise<Response> {
    return server.post("/api/write_data", { data, output });
  }
  function upload(query: string, body: BodyInit, type?: string): Promise<Response> {
    return fetch(`${server.url}/api/write_data?${query}`, {
      method: "POST",
      body,
      headers: type === undefined ? {} : { "content-type": type },
    });
  }

  describe("writes inline records as", () => {
    // JavaScript can't write the large integer, so the request is put together as text.
    const request = (output: object) =>
      `{"data":{"records":${JSON_TEXT}},"output":${JSON.stringify(output)}}`;
    const written = async (output: object) => {
      const response = await server.post("/api/write_data", request(output));
      expect(await response.json()).toMatchObject({ status: "success", message: "Wrote 4 records", rows: 4 });
    };

    test("CSV, as pandas writes it", async () => {
      await written({ type: "csv", filename: "out.csv" });
      expect(text("out.csv")).toBe(
        'id,name,score,ok\n9007199254740993,Zoë,1.5,True\n2,"a,""b""",,False\n3,日本,-0.25,True\n4,,1000.0,False\n',
      );
    });

    test("TSV", async () => {
      await written({ type: "tsv", filename: "out.tsv" });
      expect(text("out.tsv").split("\n")[3]).toBe("3\t日本\t-0.25\tTrue");
    });

    test("JSON, and it reads back the same", async () => {
      await written({ type: "json", filename: "out.json" });
      expect(JSON.parse(text("out.json"))).toHaveLength(4);
      expect(await (await read(server, { type: "json", filename: "out.json" })).text()).toBe(ANSWER);
    });

    test("ndjson, and it reads back the same", async () => {
      await written({ type: "ndjson", filename: "out.ndjson" });
      expect(text("out.ndjson").split("\n")).toHaveLength(5);
      expect(await (await read(server, { type: "ndjson", filename: "out.ndjson" })).text()).toBe(ANSWER);
    });

    test("Parquet, which the engine reads", async () => {
      await written({ type: "parquet", filename: "out.parquet" });
      const rows = await readParquet(path("out.parquet"));
      expect(rows[2]).toBe('{"id":3,"name":"日本","score":-0.25,"ok":true}');
      expect(await (await read(server, { type: "parquet", filename: "out.parquet" })).text()).toBe(ANSWER);
    });

    test("Arrow, which Arrow's own library reads", async () => {
      await written({ type: "arrow", filename: "out.arrows" });
      expect(tableFromIPC(bytes("out.arrows")).getChild("name")?.toArray()).toEqual([
        "Zoë",
        'a,"b"',
        "日本",
        null,
      ]);
    });

    test("gzip and zstd, by the name's ending", async () => {
      await written({ type: "csv", filename: "out.csv.gz" });
      await written({ type: "csv", filename: "out.csv.zst" });
      expect(gunzipSync(bytes("out.csv.gz")).toString()).toContain("3,日本");
      expect(zstdDecompressSync(bytes("out.csv.zst")).toString()).toContain("3,日本");
    });

    test("the type that the name's ending tells", async () => {
      await written({ type: "auto", filename: "by-name.ndjson" });
      expect(text("by-name.ndjson")).toStartWith("{");
    });
  });

  describe("takes a body of", () => {
    test.each([
      ["CSV", CSV, "text/csv; charset=utf-8"],
      ["TSV", TSV, "text/tab-separated-values"],
      ["ndjson", NDJSON, "application/x-ndjson"],
      ["JSON", JSON_TEXT, "application/json"],
    ])("%s by its content type", async (name, body, type) => {
      const response = await upload(`output=body-${name}.json`, body, type);
      expect(await response.json()).toMatchObject({ status: "success", rows: 4 });
      expect(await (await read(server, { type: "json", filename: `body-${name}.json` })).text()).toBe(ANSWER);
    });

    test("Parquet", async () => {
      await writeParquet(path("in.parquet"));
      const response = await upload(
        "output=body-parquet.json",
        bytes("in.parquet"),
        "application/vnd.apache.parquet",
      );
      expect(await response.json()).toMatchObject({ status: "success", rows: 4 });
      expect(await (await read(server, { type: "json", filename: "body-parquet.json" })).text()).toBe(ANSWER);
    });

    test("Arrow", async () => {
      await write(
        { type: "arrow", filename: "in.arrows" },
        {
          records: [
            { id: 1, name: "Zoë" },
            { id: 2, name: null },
          ],
        },
      );
      const stream = new Blob([tableToIPC(tableFromIPC(bytes("in.arrows")), "stream") as BlobPart]);
      const response = await upload("output=body-arrow.json", stream, "application/vnd.apache.arrow.stream");
      expect(await response.json()).toMatchObject({ status: "success", rows: 2 });
      expect(JSON.parse(text("body-arrow.json"))).toEqual([
        { id: 1, name: "Zoë" },
        { id: 2, name: null },
      ]);
    });

    test("a type that the query names, with its parameters", async () => {
      const response = await upload("output=named.csv&from=csv&from.delimiter=;&delimiter=|", "a;b\n1;x\n");
      expect(await response.json()).toMatchObject({ status: "success", rows: 1 });
      expect(text("named.csv")).toBe("a|b\n1|x\n");
    });

    test("any length, streamed from a body without one", async () => {
      const body = manyRows(MANY);
      const response = await upload(
        "output=large.parquet",
        new Blob([body]).stream(),
        "application/x-ndjson",
      );
      expect(await response.json()).toMatchObject({ status: "success", rows: MANY });
      const { shape } = await tableOf(
        await server.post("/api/compute", {
          operation: "sql",
          data_source: { type: "parquet", filename: "large.parquet" },
          params: { query: "SELECT count(*) c, sum(id) s FROM data" },
        }),
      );
      expect(shape).toEqual([1, 2]);
    });
  });

  describe("refuses", () => {
    test("a target outside the root before it takes the body", async () => {
      const connection = await connectRaw(server);
      // Not a byte of the announced body is sent, so only a server that looks at the target first can answer.
      connection.send(
        "POST /api/write_data?output=../out.csv HTTP/1.1\r\nhost: localhost\r\n" +
          "content-type: text/csv\r\ncontent-length: 30000000\r\n\r\n",
      );
      await until("an answer", () => connection.received().includes("path-outside"));
      expect(connection.received()).toStartWith("HTTP/1.1 403");
      connection.drop();
    });

    test.each([
      ["an announced length", "x".repeat(41 * 2 ** 20)],
      ["no announced length", new Blob(["x".repeat(41 * 2 ** 20)]).stream()],
    ])("an upload beyond the limit, with %s", async (_, body) => {
      const response = await upload("output=huge.csv", body as BodyInit, "text/csv").catch(() => undefined);
      // A client that still sends may see the connection end before it reads the answer.
      if (response !== undefined) {
        expect(await errorOf(response)).toMatchObject({ httpStatus: 413, code: "body-too-large" });
      }
      await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
      expect(existsSync(path("huge.csv"))).toBeFalse();
    });

    test("records beyond the body limit, and says how to send more", async () => {
      const error = await errorOf(
        await write({ type: "csv", filename: "big.csv" }, { records: [{ a: "x".repeat(3e6) }] }),
      );
      expect(error).toMatchObject({ httpStatus: 413, code: "body-too-large" });
      expect(error.hint).toContain("write_data?output=");
      expect(existsSync(path("big.csv"))).toBeFalse();
    });

    test("a broken body, and the old file stays", async () => {
      server.place.write("old.json", "[]");
      const response = await upload("output=old.json", '{"a":1}\n{oops\n', "application/x-ndjson");
      expect(await errorOf(response)).toMatchObject({ httpStatus: 400, code: "data-invalid" });
      expect(text("old.json")).toBe("[]");
    });

    test("an empty CSV body", async () => {
      const response = await upload("output=none.csv", "", "text/csv");
      expect(await errorOf(response)).toMatchObject({ httpStatus: 400, code: "data-empty" });
      expect(existsSync(path("none.csv"))).toBeFalse();
    });

    test("a content type that holds no table", async () => {
      const response = await upload("output=none.csv", "<p>", "text/html");
      const error = await errorOf(response);
      expect(error).toMatchObject({ httpStatus: 415, code: "media-type-unsupported" });
      expect(error.hint).toContain("text/csv");
    });

    test.each([
      ["an unknown type", { type: "cvs", filename: "o.cvs" }, 400, "type-unknown"],
      ["a name that tells no type", { type: "auto", filename: "o.dat" }, 400, "type-unknown"],
      ["no file name", { type: "csv" }, 400, "request-invalid"],
      ["a folder that does not exist", { type: "csv", filename: "nowhere/o.csv" }, 404, "file-not-found"],
      ["a folder as the file", { type: "csv", filename: "folder" }, 422, "not-a-file"],
      ["a device", { type: "csv", filename: "/dev/full" }, 403, "path-outside"],
    ])("%s", async (_, output, status, code) => {
      mkdirSync(path("folder"), { recursive: true });
      expect(await errorOf(await write(output))).toMatchObject({ httpStatus: status, code });
    });
  });

  test("a new file gets the usual mode, a replaced one keeps its own", async () => {
    await write({ type: "csv", filename: "mode.csv" });
    expect(statSync(path("mode.csv")).mode & 0o777).toBe(0o666 & ~process.umask());
    chmodSync(path("mode.csv"), 0o640);
    await write({ type: "csv", filename: "mode.csv" }, { records: [{ a: 2 }] });
    expect(text("mode.csv")).toBe("a\n2\n");
    expect(statSync(path("mode.csv")).mode & 0o777).toBe(0o640);
  });

  test("readers see the old file or the new one while it is written, never a part", async () => {
    const versions = [1, 2].map((n) => ({ records: Array.from({ length: 5000 }, () => ({ v: n })) }));
    await write({ type: "csv", filename: "whole.csv" }, versions[0]);
    const writing = Promise.all(
      Array.from({ length: 10 }, (_, i) => write({ type: "csv", filename: "whole.csv" }, versions[i % 2])),
    );
    const state = { isWriting: true };
    void writing.finally(() => (state.isWriting = false));
    while (state.isWriting) {
      const lines = text("whole.csv").trimEnd().split("\n").slice(1);
      expect(lines).toHaveLength(5000);
      expect(new Set(lines).size).toBe(1);
      await Bun.sleep(1);
    }
    for (const response of await writing) expect(response.status).toBe(200);
  });

  test("a client that leaves in the middle of its upload leaves nothing behind", async () => {
    server.place.write("kept.csv", "a\n1\n");
    const connection = await connectRaw(server);
    connection.send(
      "POST /api/write_data?output=kept.csv HTTP/1.1\r\nhost: localhost\r\n" +
        "content-type: text/csv\r\ncontent-length: 1000000\r\n\r\na\n2\n",
    );
    await until("the body is put down", () => spilledFiles(server).length === 1);
    connection.drop();
    await until("it is removed", () => spilledFiles(server).length === 0);
    await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
    expect(text("kept.csv")).toBe("a\n1\n");
  });
});

describe.each(TARGETS)("a server killed on %s", (target) => {
  test("while it takes a body or writes a file leaves the old file whole, and its rests go", async () => {
    const place = createPlace();
    const old = "a\n1\n";
    const path = place.write("out.csv", old);
    const body = manyRows(MANY);
    const killed: string[] = [];
    const phases: readonly [string, (server: TestServer) => boolean][] = [
      ["taking the body", (server) => spilledFiles(server).length > 0],
      ["writing the file", () => tempFiles(place.data).length > 0],
    ];
    try {
      for (const [phase, isReached] of phases) {
        const server = await startServer(target, { place });
        const answer = fetch(`${server.url}/api/write_data?output=out.csv`, {
          method: "POST",
          body,
          headers: { "content-type": "application/x-ndjson" },
        }).then(
          () => "answered",
          () => "broke off",
        );
        await until(phase, () => isReached(server));
        server.signal("SIGKILL");
        await server.exited;
        killed.push(await answer);
        expect(readFileSync(path, "utf8")).toBe(old);
      }
      expect(killed).toEqual(["broke off", "broke off"]);
      expect(tempFiles(place.data)).toHaveLength(1);

      const server = await startServer(target, { place });
      const response = await server.post("/api/write_data", {
        data: { records: [{ a: 2 }] },
        output: { type: "csv", filename: "out.csv" },
      });
      expect(response.status).toBe(200);
      expect(readdirSync(place.data)).toEqual(["out.csv"]);
      expect(spilledFiles(server)).toEqual([]);
      await server.stop();
      expect(readFileSync(path, "utf8")).toBe("a\n2\n");
    } finally {
      place.remove();
    }
  }, 60_000);
});
