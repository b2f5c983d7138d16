import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { existsSync, readdirSync } from "node:fs";
import { readLog } from "../../src/lifecycle/read-log.ts";
import { Machine } from "../support/machine.ts";
import { createPlace } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";

interface Counts {
  readonly active: number;
  readonly kept: number;
  readonly watching: number;
}

interface Done {
  readonly id: string;
  readonly status: number;
  readonly durationMs: number;
  readonly headMs: number;
  readonly code?: string;
}

const ROWS = 200_000;

const BOSS = { authorization: "Bearer boss" };

describe.each(TARGETS)("how requests end on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    const place = createPlace();
    const cmd = JSON.stringify(upstreamCommand("--talk"));
    const late = JSON.stringify(upstreamCommand("--never-ready"));
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}
healthCheckTimeout: 60
apiKeys: [{key: boss, admin: true}]
groups: {all: {swap: false, exclusive: false, members: [a, late]}}
models:
  a: {cmd: ${cmd}}
  late: {cmd: ${late}, sendLoadingState: true}
`,
    );
    place.write(
      "rows.csv",
      `n,text\n${Array.from({ length: ROWS }, (_, n) => `${n},${"x".repeat(20)}`).join("\n")}\n`,
    );
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    await (await server.post("/v1/chat/completions", chat("a"), BOSS)).text();
  });
  afterAll(async () => {
    await server.stop();
    server.place.remove();
  });

  const inFlight = async (): Promise<Counts> => {
    const response = await server.get("/api/status", { ...BOSS, "x-hearth-watch": "1" });
    return ((await response.json()) as { hearth: { inFlight: Counts } }).hearth.inFlight;
  };
  const activity = async () => {
    const response = await server.get("/api/activity", { ...BOSS, "x-hearth-watch": "1" });
    return (await response.json()) as { running: { id: string }[]; recent: Done[] };
  };
  const doneOf = async (id: string): Promise<Done> => {
    let found: Done | undefined;
    await until(`${id} has ended`, async () => {
      found = (await activity()).recent.find((request) => request.id === id);
      return found !== undefined;
    });
    return found as Done;
  };
  const loggedOf = async (id: string) => {
    const [instance = ""] = readdirSync(join(server.place.env["HEARTH_STATE_DIR"] as string, "instances"));
    const path = join(server.place.env["HEARTH_STATE_DIR"] as string, "instances", instance, "log");
    const lines = () => [...readLog(path, { requestId: id })].filter(({ event }) => event === "request");
    await until(`${id} is logged`, () => lines().length > 0);
    expect(lines().length).toBe(1);
    return lines()[0];
  };
  const readRows = (format: string, id: string, signal?: AbortSignal) =>
    fetch(`${server.url}/api/read_data?format=${format}`, {
      method: "POST",
      headers: { ...BOSS, "x-request-id": id },
      body: JSON.stringify({ data_source: { type: "csv", filename: "rows.csv" } }),
      ...(signal === undefined ? {} : { signal }),
    });

  test("a loaded model that is idle is not a running request", async () => {
    await until("nothing runs", async () => (await inFlight()).active === 0);
    expect(await inFlight()).toMatchObject({ active: 0, kept: 1 });
  });

  test("the status has the processor time beside the memory, as lynguine's", async () => {
    const status = (await (await server.get("/api/status", BOSS)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({
      memory: { percent: expect.any(Number) },
      cpu_percent: expect.any(Number),
    });
  });

  test.each([
    "/api/events",
    "/api/events?topics=models,pulse,activity,logs&output=a",
    "/api/models/logs/a",
    "/logs",
    "/logs/stream",
    "/logs/stream/a",
    "/api/sessions",
    "/metrics",
    "/openapi.json",
    "/v1/models",
    "/upstream/a/x",
  ])("HEAD %s is not a failure and leaves nothing running", async (path) => {
    const headers = { ...BOSS, accept: "text/event-stream", "x-request-id": `head-${Math.random()}` };
    for (let i = 0; i < 3; i += 1) {
      const response = await fetch(server.url + path, { method: "HEAD", headers });
      expect(response.status).toBeLessThan(500);
      expect(await response.text()).toBe("");
    }
    await until("it has ended", async () => {
      const { active, watching } = await inFlight();
      return active === 0 && watching === 1; // the request for the status itself
    });
    expect((await activity()).running).toEqual([]);
  });

  test("a stream that its client leaves is a 499 in log and activity, with the time that it took", async () => {
    const leaving = new AbortController();
    await server.post("/upstream/a/gate/left", { open: 2 }, BOSS);
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...BOSS, "x-request-id": "left-chat" },
      body: JSON.stringify(chat("a", { stream: true, chunks: 5, gate: "left" })),
      signal: leaving.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    leaving.abort();
    const done = await doneOf("left-chat");
    expect(done).toMatchObject({ status: 499, code: "request-cancelled" });
    expect(done.durationMs).toBeGreaterThan(done.headMs);
    expect(await loggedOf("left-chat")).toMatchObject({
      status: 499,
      sentStatus: 200,
      code: "request-cancelled",
      headMs: expect.any(Number),
    });
  });

  test("a table that its client leaves is a 499, and a whole one has the time of all of it", async () => {
    const leaving = new AbortController();
    const response = await readRows("ndjson", "left-rows", leaving.signal);
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    leaving.abort();
    expect(await doneOf("left-rows")).toMatchObject({ status: 499, code: "request-cancelled" });
    expect((await (await readRows("ndjson", "whole-rows")).text()).split("\n").length).toBe(ROWS + 1);
    const done = await doneOf("whole-rows");
    expect(done.status).toBe(200);
    expect(done.durationMs).toBeGreaterThan(done.headMs);
    const line = await loggedOf("whole-rows");
    expect(line).toMatchObject({ status: 200, ms: expect.any(Number), headMs: expect.any(Number) });
    expect(line).not.toHaveProperty("sentStatus");
  });

  test("a stream that its model's server breaks is a 502 in the log", async () => {
    const response = await server.post(
      "/v1/chat/completions",
      chat("a", { stream: true, chunks: 5, break_after: 2, close: "reset" }),
      { ...BOSS, "x-request-id": "broken-chat" },
    );
    expect(await response.text()).toContain("upstream-broken");
    expect(await doneOf("broken-chat")).toMatchObject({ status: 502, code: "upstream-broken" });
    expect(await loggedOf("broken-chat")).toMatchObject({
      status: 502,
      sentStatus: 200,
      code: "upstream-broken",
      level: "error",
    });
  });

  test("a request cancelled while its model loads ends for its client, with the reason", async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...BOSS, "x-request-id": "cancelled-load" },
      body: JSON.stringify(chat("late", { stream: true })),
    });
    const text = response.text();
    await until("it is there", async () =>
      (await activity()).running.some(({ id }) => id === "cancelled-load"),
    );
    expect((await server.post("/api/activity/cancel/cancelled-load", {}, BOSS)).status).toBe(200);
    expect(await text).toContain("cancelled by the server's owner");
    expect(await doneOf("cancelled-load")).toMatchObject({ status: 499, code: "request-cancelled" });
    expect(await inFlight()).toMatchObject({ active: 0 });
    await server.post("/api/models/unload/late", {}, BOSS);
  });

  test("a stream of events that its reader leaves ended as it should", async () => {
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/api/models/logs/a`, {
      headers: { ...BOSS, accept: "text/event-stream", "x-request-id": "left-logs" },
      signal: leaving.signal,
    });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    leaving.abort();
    expect(await doneOf("left-logs")).toMatchObject({ status: 200 });
  });
});

describe.each(TARGETS)("an answer that breaks off on %s", (target) => {
  test("tells hearth's own client the reason, and the log has it", async () => {
    await using machine = await Machine.create(target);
    machine.place.write("long.csv", `n\n${"1\n".repeat(1_048_600)}`);
    const { exitCode, stderr } = await machine.run(["read", "long.csv", "-o", "long.xlsx"]);
    expect(stderr).toContain("a sheet holds 1048576 rows");
    expect(stderr).toContain("Parquet or CSV");
    expect(exitCode).toBe(1);
    expect(existsSync(join(machine.place.data, "long.xlsx"))).toBe(false);
    await until("it is logged", () =>
      machine.log().some(({ code, status }) => code === "data-too-large" && status === 422),
    );
  });
});
