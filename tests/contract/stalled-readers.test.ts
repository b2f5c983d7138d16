import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { connectRaw } from "./support.ts";

/** More than the large results that may be open at once. */
const STALLED = 9;

describe.each(TARGETS)("clients that ask for large answers and read nothing, on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
  });
  afterAll(() => server.stop());

  test("do not keep another client from its large answer", async () => {
    const rows = 1_200_000;
    const body = (count: number) =>
      JSON.stringify({
        operation: "sql",
        params: { query: `select md5(i::varchar) a, md5((-i)::varchar) b from range(${count}) t(i)` },
      });
    const text = body(rows);
    const head = `POST /api/compute?format=csv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    const stalled = await Promise.all(Array.from({ length: STALLED }, () => connectRaw(server)));
    for (const connection of stalled) {
      connection.send(`${head}content-length: ${text.length}\r\n\r\n${text}`);
      connection.pause();
    }
    const answer = await server.post("/api/compute?format=csv", body(700_000));
    expect(answer.status).toBe(200);
    let bytes = 0;
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) bytes += piece.length;
    expect(bytes).toBe("a,b\n".length + 700_000 * 66);
    for (const connection of stalled) connection.drop();
    await until("they are gone", async () => (await server.get("/api/ping")).status === 200);
  }, 120_000);
});
