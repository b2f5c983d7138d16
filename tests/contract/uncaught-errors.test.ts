import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPlace, type Place } from "../support/place.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

/** Functions that throw outside of what is awaited, in each way that a program can. */
const FUNCTIONS = `
import { setTimeout as sleep } from "node:timers/promises";
import { createReadStream } from "node:fs";
const stray = () => { throw new Error("stray"); };
const slowly = async () => { await sleep(1500); return 1; };
export const functions = {
  timer: { row: () => { setTimeout(stray, 5); return slowly(); } },
  rejection: { row: () => { Promise.reject(new Error("stray")); return slowly(); } },
  later: { row: () => { void (async () => { await sleep(5); stray(); })(); return slowly(); } },
  microtask: { row: () => { queueMicrotask(stray); return slowly(); } },
  immediate: { row: () => { setImmediate(stray); return slowly(); } },
  stream: { row: () => { createReadStream("/nowhere/at/all"); return slowly(); } },
  text: { row: () => { setTimeout(() => { throw "stray"; }, 5); return slowly(); } },
  nothing: { row: () => { setTimeout(() => { throw null; }, 5); return slowly(); } },
  unshowable: { row: () => { setTimeout(() => { throw { toString: stray }; }, 5); return slowly(); } },
  cyclic: { row: () => { const e = new Error("x"); e.message = e; setTimeout(() => { throw e; }, 5); return slowly(); } },
  proxy: { row: () => { Promise.reject(new Proxy({}, { get: stray, getPrototypeOf: stray })); return slowly(); } },
  fine: { row: () => 1 },
  slow: { row: slowly },
  after: { row: () => { setTimeout(stray, 30); return 1; } },
};
`;

const WAYS = ["timer", "rejection", "later", "microtask", "immediate", "stream", "text"];

/** Values that can't be shown, or looked at, without another error. */
const ODD = ["nothing", "unshowable", "cyclic", "proxy"];

describe.each(TARGETS)("uncaught errors of a request, on %s", (target) => {
  let server: TestServer;
  let place: Place;
  beforeAll(async () => {
    place = createPlace();
    place.write("functions.js", FUNCTIONS);
    place.write("hearth.yaml", "compute:\n  modules: [functions.js]\n");
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });
  const compute = (operation: string) =>
    server.post("/api/compute", { operation, data: [{ a: 1 }], params: { field: "x" } });

  test.each(WAYS)("thrown by %s: a 500 for that request alone", async (way) => {
    const answer = await compute(way);
    expect([way, answer.status]).toEqual([way, 500]);
    expect(await answer.json()).toMatchObject({ code: "internal" });
    expect((await compute("fine")).status).toBe(200);
  });

  test.each(ODD)("something odd is thrown (%s): the server goes on", async (what) => {
    await compute(what);
    expect((await compute("fine")).status).toBe(200);
    const status = (await (await server.get("/api/status")).json()) as { pid: number };
    expect(status.pid).toBe(server.pid);
  });

  test("thrown after the answer: nothing but a line in the log", async () => {
    expect((await compute("after")).status).toBe(200);
    await Bun.sleep(100);
    const status = (await (await server.get("/api/status")).json()) as { pid: number };
    expect(status.pid).toBe(server.pid);
  });

  test("of many requests at once only the failing ones fail, or none where the runtime can't tell", async () => {
    const ways = ["fine", "timer", "slow", "later", "fine", "slow"];
    const answers = await Promise.all(ways.map(compute));
    const innocent = answers.filter((_, i) => ways[i] === "fine" || ways[i] === "slow");
    expect(innocent.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await compute("fine")).status).toBe(200);
  });
});
