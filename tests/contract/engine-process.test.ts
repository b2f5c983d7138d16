import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { isGone, signal, statFields } from "../support/machine.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { errorOf, tableOf } from "./support.ts";

/** One value of 1.6 GB, which the engine's own memory limit does not count and its interrupt does not end. */
const RUNAWAY = "select len(range(200000000)) as n";

describe.each(TARGETS)("the engine's process on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--memory-budget", "64MiB"] });
    server.place.write("t.csv", "v\n1\n2\n");
  });
  afterAll(() => server.stop());

  const sql = (query: string) =>
    server.post("/api/compute", {
      operation: "sql",
      data_source: { type: "csv", filename: "t.csv" },
      params: { query },
    });
  const sum = async () => (await tableOf(await sql("select sum(v) s from data"))).records;
  const engines = () => childrenOf(server.pid).filter((pid) => commandOf(pid).includes("--engine"));

  test("starts with the first query, not before", async () => {
    await server.post("/api/read_data", { data_source: { type: "csv", filename: "t.csv" } });
    expect(engines()).toEqual([]);
    expect(await sum()).toEqual([{ s: 3 }]);
    expect(engines()).toHaveLength(1);
    await Promise.all(Array.from({ length: 5 }, sum));
    expect(engines()).toHaveLength(1);
  });

  test("a query that takes memory without end is ended, and the server goes on", async () => {
    const [before = 0] = engines();
    expect(await errorOf(await sql(RUNAWAY))).toMatchObject({ httpStatus: 422, code: "memory-limit" });
    expect(await sum()).toEqual([{ s: 3 }]);
    await until("the old process is gone", () => isGone(before));
    expect(residentBytes(server.pid)).toBeLessThan(600 * 2 ** 20);
  });

  test("killed in the middle of a query, that one is repeated", async () => {
    const running = sql(
      "select count(*) n from range(15000) a, range(15000) b where (a.range + b.range) % 7 = 3",
    );
    await until("the query runs", () => engines().some(isBusy));
    for (const pid of engines()) signal(pid, "SIGKILL");
    expect((await tableOf(await running)).records).toEqual([{ n: 32142857 }]);
    expect(await sum()).toEqual([{ s: 3 }]);
  });

  test("killed again, the query says so and the next is answered", async () => {
    const running = sql(
      "select count(*) from range(100000000) a, range(100000) b where a.range % 7 = b.range % 3",
    );
    const killed: number[] = [];
    while (killed.length < 2) {
      const busy = () => engines().filter((pid) => isBusy(pid) && !killed.includes(pid));
      await until("the query runs", () => busy().length > 0);
      for (const pid of busy()) {
        signal(pid, "SIGKILL");
        killed.push(pid);
      }
    }
    expect(await errorOf(await running)).toMatchObject({ httpStatus: 503, code: "engine-stopped" });
    expect(await sum()).toEqual([{ s: 3 }]);
  });

  test("ends with the server, also when that is killed", async () => {
    const other = await startServer(target);
    await other.post("/api/compute", { operation: "sql", params: { query: "select 1" } });
    const [engine = 0] = childrenOf(other.pid).filter((pid) => commandOf(pid).includes("--engine"));
    expect(engine).toBeGreaterThan(0);
    other.signal("SIGKILL");
    await until("the engine's process is gone", () => isGone(engine));
    await other.stop();
  });
});

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => statFields(pid)[1] === String(parent) && !isGone(pid));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** True once it has worked for a second, in hundredths of which the system counts. */
function isBusy(pid: number): boolean {
  const [user = 0, own = 0] = statFields(pid).slice(11, 13).map(Number);
  return user + own > 100;
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
