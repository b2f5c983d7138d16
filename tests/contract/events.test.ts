import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Machine } from "../support/machine.ts";
import { pageToken } from "../support/page-session.ts";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { hearth } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { upstreamCommand } from "../support/upstream.ts";

const CONFIG = `
startPort: ${takePorts()}
apiKeys: [plain, {key: only-a, models: [a]}, {key: boss, admin: true}]
models: {a: {cmd: ${JSON.stringify(upstreamCommand("--talk"))}}, b: {cmd: ${JSON.stringify(upstreamCommand())}}}
`;

describe.each(TARGETS)("events and insight on %s", (target) => {
  let place: Place;
  let server: TestServer;
  beforeAll(async () => {
    place = createPlace();
    place.write("hearth.yaml", CONFIG);
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });
  const boss = { authorization: "Bearer boss" };
  const plain = { authorization: "Bearer plain" };

  /** What a stream has told so far; ends with its disposal. */
  async function follow(query: string, headers: Record<string, string>) {
    const controller = new AbortController();
    const response = await fetch(`${server.url}/api/events?${query}`, { headers, signal: controller.signal });
    expect(response.status).toBe(200);
    const told = { text: "", [Symbol.dispose]: () => controller.abort() };
    void (async () => {
      const decoder = new TextDecoder();
      for await (const bytes of response.body ?? []) told.text += decoder.decode(bytes, { stream: true });
    })().catch(() => {}); // our own abort
    return told;
  }

  test("a stream tells the topics that it is asked for", async () => {
    using told = await follow("topics=pulse,activity,logs&output=a", boss);
    await until("the pulse is told", () => told.text.includes("event: pulse"));
    await server.get("/api/nowhere", { ...boss, "x-request-id": "seen-one" });
    await until("the request is told", () => /event: activity\ndata: .*seen-one/.test(told.text));
    await until("its line is told", () => /event: log\ndata: .*seen-one/.test(told.text));
    await until("the minute is told", () => told.text.includes("event: slot"));
    await server.post("/api/models/load/a", {}, boss);
    await until("the model is told", () => /event: model-facts\ndata: .*"ready"/.test(told.text));
    await server.post("/v1/chat/completions", { model: "a", messages: [] }, boss);
    await until("its output is told", () => /event: output\ndata: .*completions/.test(told.text));
  });

  test("a guest that says it only watches is seen by the owner all the same, and can be cancelled", async () => {
    const quick = { ...boss, "x-hearth-watch": "1", "x-request-id": "watching-quick" };
    await server.get("/api/nowhere", quick);
    expect(await (await server.get("/api/activity", boss)).text()).toContain("watching-quick");
    const query = "select count(*) from range(100000000) a, range(100000) b where a.range % 7 = b.range % 3";
    const long = { ...boss, "x-hearth-watch": "1", "x-request-id": "watching-long" };
    const running = server.post("/api/compute", { operation: "sql", params: { query } }, long);
    await until("it is cancelled", async () => {
      const cancelled = await server.post("/api/activity/cancel/watching-long", {}, boss);
      await cancelled.body?.cancel();
      return cancelled.status === 200;
    });
    expect((await running).status).toBe(499);
  });

  test("a key sees only what it may", async () => {
    const asked = await Promise.all(
      ["topics=activity", "topics=logs", "output=a", "topics=nothing"].map(async (query) => {
        const response = await server.get(`/api/events?${query}`, plain);
        return [response.status, ((await response.json()) as { code: string }).code];
      }),
    );
    expect(asked).toEqual([
      [403, "key-forbidden"],
      [403, "key-forbidden"],
      [403, "key-forbidden"],
      [400, "request-invalid"],
    ]);
    expect((await server.get("/api/events", { authorization: "Bearer only-a" })).status).toBe(403);
    using told = await follow("topics=models,pulse", plain);
    await server.post("/api/models/load/a", {}, boss);
    await until("a model is told", () => told.text.includes('"model":"a"'));
  });

  test("what only the owner may see or do is refused to others, one by one", async () => {
    const gets = ["/api/activity", "/api/logs", "/api/history", "/api/config"];
    const statuses = async (headers: Record<string, string>) =>
      await Promise.all(gets.map(async (path) => (await server.get(path, headers)).status));
    expect(await statuses(plain)).toEqual([403, 403, 403, 403]);
    expect(await statuses(boss)).toEqual([200, 200, 200, 200]);
    expect((await server.post("/api/activity/cancel/x", {}, plain)).status).toBe(403);
    expect((await server.post("/api/activity/cancel/x", {}, boss)).status).toBe(404);
    // Only the owner's socket gives links and opens folders, whatever key comes by TCP.
    expect((await server.post("/api/control/page-link", {}, boss)).status).toBe(403);
    expect((await server.post("/api/control/roots", { roots: ["/"] }, boss)).status).toBe(403);
    const logs = (await (await server.get("/api/logs?lines=2&level=info", boss)).json()) as {
      lines: unknown[];
    };
    expect(logs.lines).toHaveLength(2);
    expect((await server.get("/api/logs?lines=none", boss)).status).toBe(400);
    expect((await server.get("/api/logs?level=loud", boss)).status).toBe(400);
    expect((await server.get("/api/history/../../hearth.yaml", boss)).status).toBe(404);
    expect((await server.get("/api/history/..%2F..%2Fx", boss)).status).toBe(404);
  });

  test("a page's secret opens what is the owner's, but no file beyond the roots, and is no model's to see", async () => {
    const args = ["open", "--json", "--config", "hearth.yaml", "--port", "0"];
    const { stdout } = await hearth(target, place, args);
    const code = /open=(\w+)/.exec(stdout)?.[1];
    const signedIn = await server.post("/api/page/sign-in", { code });
    const { secret } = (await signedIn.json()) as { secret: string };
    const page = { authorization: `Bearer ${await pageToken(server, secret)}` };
    expect((await server.get("/api/config", page)).status).toBe(200);
    // The secret itself opens nothing, so that no page has a reason to send it.
    expect((await server.get("/api/config", { authorization: `Bearer ${secret}` })).status).toBe(401);
    expect((await server.post("/api/control/page-link", {}, page)).status).toBe(403);
    expect((await server.get("/api/files?directory=/etc", page)).status).toBe(403);
    const files = (await (await server.get(`/api/files?directory=${place.data}`, page)).json()) as object;
    expect(files).toMatchObject({ entries: [{ name: "hearth.yaml", kind: "file" }], count: 1 });
    const echo = await server.post("/v1/chat/completions", { model: "a", messages: [] }, page);
    expect(await echo.text()).not.toContain("hearth-page-");
    expect((await server.get("/api/config", { authorization: "Bearer hearth-page-wrong" })).status).toBe(401);
    expect((await server.post("/api/page/sign-in", { code: "00" })).status).toBe(401);
    await hearth(target, place, ["open", "--sign-out", "--config", "hearth.yaml", "--port", "0"]);
    expect((await server.get("/api/config", page)).status).toBe(401);
  });

  test("a page's challenge is answered for the server's own address alone, and for secrets it has given", async () => {
    const { host } = new URL(server.url);
    const nonce = "0".repeat(32);
    const ask = (body: object, headers = {}) => server.post("/api/page/challenge", body, headers);
    expect((await ask({ id: "0".repeat(16), nonce, host })).status).toBe(401);
    for (const other of ["127.0.0.1:1", "localhost", "evil.example", `${host}.evil.example`, ""]) {
      // Another program may pass on what a page asks it.
      expect([400, 403]).toContain((await ask({ id: "0123456789abcdef", nonce, host: other })).status);
      expect([400, 403]).toContain(
        (await ask({ id: "0123456789abcdef", nonce, host: other }, { host: other })).status,
      );
    }
    expect((await ask({ id: "0123456789abcdef", nonce: "short", host })).status).toBe(400);
    expect((await server.post("/api/page/sign-in", { key: "wrong" })).status).toBe(401);
  });

  test("a key becomes a page's secret with the rights of that key, and only while the key is good", async () => {
    const signedIn = await server.post("/api/page/sign-in", { key: "boss" });
    const { secret } = (await signedIn.json()) as { secret: string };
    expect(secret).not.toContain("boss");
    const page = { authorization: `Bearer ${await pageToken(server, secret)}` };
    const access = (await (await server.get("/api/page/access", page)).json()) as object;
    expect(access).toMatchObject({ control: true, admin: true, isPage: true });
  });

  test("who watches does not keep the server, and hears that it leaves", async () => {
    await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "2s" });
    await machine.run(["ping"]);
    const response = await fetch(`http://127.0.0.1:${machine.port}/api/events?topics=pulse`);
    const text = await response.text(); // to its end
    expect(text).toContain('"leavesAt":');
    expect(text).toEndWith("event: server-stopping\ndata: {}\n\n");
  });
});
