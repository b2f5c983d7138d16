import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

const AT_ONCE = 8;

/** The server's budget, and garbage that an engine has not come to yet. Without a common budget it is 3 GB. */
const MOST_BYTES = 1_000_000_000;

/** A body of 40 MB that takes many times as much when it is parsed. */
const body = `{"data_source":{"type":"local","data":[${'{"a":1},'.repeat(5_000_000)}{}]}}`;

/** Most memory that the process had; undefined where the system does not say. */
function peakBytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

describe.each(TARGETS)("bounded inputs on %s: many large bodies at once", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
  });
  afterAll(() => server.stop());

  test("each is answered or told to come again, others are served meanwhile, and memory stays bounded", async () => {
    const state = { open: AT_ONCE };
    const asked = Array.from({ length: AT_ONCE }, async () => {
      const response = await server.post("/api/read_data", body);
      const text = await response.text();
      state.open -= 1;
      return { status: response.status, code: /"code":"([a-z-]+)"/.exec(text)?.[1], response };
    });
    let pings = 0;
    while (state.open > 0) {
      expect((await server.get("/api/ping")).status).toBe(200);
      pings += 1;
      await Bun.sleep(20);
    }
    for (const { status, code, response } of await Promise.all(asked)) {
      if (status === 429) expect(response.headers.get("retry-after")).toBe("5");
      else expect([status, code]).toEqual([422, "data-too-large"]);
    }
    expect(pings).toBeGreaterThan(AT_ONCE);
    const health = (await (await server.get("/api/health")).json()) as { hearth: { pid: number } };
    expect(health.hearth.pid).toBe(server.pid);
    expect(peakBytes(server.pid) ?? 0).toBeLessThan(MOST_BYTES);
  }, 120_000);
});
