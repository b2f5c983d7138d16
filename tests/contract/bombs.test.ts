import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

/** Small inputs that are large to read: name, content, and the code of the answer. */
const BOMBS: readonly (readonly [name: string, content: () => string | Uint8Array, code: string])[] = [
  ["keys.json", () => `[${keys(200_000).join(",")}]`, "data-too-large"],
  ["keys.ndjson", () => keys(200_000).join("\n"), "data-too-large"],
  ["columns.csv", () => `${"a,".repeat(1_000_000)}b\n`, "data-too-large"],
  ["line.csv", () => `a\n${"x".repeat(40_000_000)}\n`, "data-too-large"],
  ["quote.csv", () => `a,b\n1,"${"x".repeat(40_000_000)}`, "data-too-large"],
  ["deep.json", () => "[".repeat(5_000_000), "data-invalid"],
  ["digits.json", () => `[{"a":${"9".repeat(7_000_000)}}]`, "data-invalid"],
  ["lists.json", () => `[${"[],".repeat(2_600_000)}[]]`, ""],
  ["zeros.csv.gz", () => gzipSync("0".repeat(100_000_000)), "data-too-large"],
];

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `{"k${at}":1}`);
}

describe.each(TARGETS)("bounded inputs on %s: no file, body or stack stops the server", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
  });
  afterAll(() => server.stop());

  /** Asks, with pings all the while: how it ended, and how many pings were answered. */
  async function askWithPings(body: unknown) {
    const state = { isAnswered: false };
    const asked = server.post("/api/read_data", body).then(async (response) => {
      const text = await response.text();
      state.isAnswered = true;
      return { status: response.status, code: /"code":"([a-z-]+)"/.exec(text)?.[1] ?? "" };
    });
    let pings = 0;
    while (!state.isAnswered) {
      expect((await server.get("/api/ping")).status).toBe(200);
      pings += 1;
      await Bun.sleep(10);
    }
    return { ...(await asked), pings };
  }

  test.each(BOMBS)("%s", async (name, content, code) => {
    server.place.write(name, content());
    const pid = await pidOf(server);
    expect(pid).toBeNumber();
    const asked = await askWithPings({ data_source: { type: "auto", filename: name } });
    expect(asked.code).toBe(code);
    expect(asked.pings).toBeGreaterThan(0);
    expect(await pidOf(server)).toBe(pid as number);
  });

  test("data in the request, and a stack of one file thousands of times", async () => {
    const local = `{"data_source":{"type":"local","data":[${keys(20_000).join(",")}]}}`;
    expect(await askWithPings(local)).toMatchObject({ status: 422, code: "data-too-large" });
    server.place.write("part.csv", `a,b,c,d,e\n${"1,2,3,4,5\n".repeat(2000)}`);
    const specifications = Array.from({ length: 5000 }, () => ({ type: "csv", filename: "part.csv" }));
    const stack = { data_source: { type: "vstack", specifications } };
    expect(await askWithPings(stack)).toMatchObject({ status: 422, code: "data-too-large" });
  });

  test("records to write with ever other keys", async () => {
    const body = `{"data":{"records":[${keys(20_000).join(",")}]},"output":{"type":"csv","filename":"out.csv"}}`;
    const response = await server.post("/api/write_data", body);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("data-too-large");
  });
});

async function pidOf(server: TestServer): Promise<unknown> {
  return ((await (await server.get("/api/health")).json()) as { hearth: { pid?: number } }).hearth.pid;
}
