import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { connectRaw, errorOf, spilledFiles, statusOf } from "./support.ts";

/** As many uploads of guests as a server takes at once. */
const GUEST_UPLOADS = 16;

describe.each(TARGETS)("disk space and number of uploads, on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--spill-limit", "1MB"] });
  });
  afterAll(() => server.stop());

  const csv = { "content-type": "text/csv" };
  const upload = (text: string) => server.post("/api/write_data?output=o.csv", text, csv);

  test("an upload beyond spillLimit ends with disk-full, and the next small one works", async () => {
    const error = await errorOf(await upload(`a\n${"1234567\n".repeat(400_000)}`));
    expect(error).toMatchObject({ httpStatus: 422, code: "disk-full" });
    expect(error.hint).toContain("spillLimit");
    await until("the file is removed", () => spilledFiles(server).length === 0);
    expect((await upload("a\n1\n")).status).toBe(200);
    expect(spilledFiles(server)).toEqual([]);
  });

  test("an upload of unknown length beyond spillLimit leaves nothing behind", async () => {
    const pieces = async function* () {
      for (let i = 0; i < 30; i += 1) yield new TextEncoder().encode("1234567\n".repeat(12_500));
    };
    const url = `${server.url}/api/write_data?output=o.csv`;
    // The answer comes while the client still sends, so that it may meet a closed connection instead.
    const answer = await fetch(url, {
      method: "POST",
      headers: csv,
      body: pieces() as unknown as BodyInit,
    }).catch(() => undefined);
    if (answer !== undefined) expect(await errorOf(answer)).toMatchObject({ code: "disk-full" });
    await until("the file is removed", () => spilledFiles(server).length === 0);
    await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
    expect((await upload("a\n1\n")).status).toBe(200);
  });

  test("a Parquet answer beyond spillLimit ends with disk-full, and a small one works", async () => {
    const read = (rows: number) =>
      server.post("/api/compute?format=parquet", {
        operation: "sql",
        params: { query: `select md5(i::varchar) a, md5((-i)::varchar) b from range(${rows}) t(i)` },
      });
    expect(await errorOf(await read(200_000))).toMatchObject({ httpStatus: 422, code: "disk-full" });
    expect(spilledFiles(server)).toEqual([]);
    expect((await read(10)).status).toBe(200);
    expect(spilledFiles(server)).toEqual([]);
  });

  test("uploads that trickle take at most their places: one more is told to come again", async () => {
    const head = "HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\n";
    const connections = await Promise.all(Array.from({ length: GUEST_UPLOADS }, () => connectRaw(server)));
    for (const connection of connections) connection.send(`POST /api/write_data?output=t.csv ${head}a\n1\n`);
    await until("all are on their way", () => spilledFiles(server).length === GUEST_UPLOADS);
    const refused = await upload("a\n1\n");
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await errorOf(refused)).toMatchObject({ httpStatus: 429, code: "too-busy" });
    for (const connection of connections) connection.drop();
    await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
    expect(spilledFiles(server)).toEqual([]);
    expect((await upload("a\n1\n")).status).toBe(200);
  });
});
