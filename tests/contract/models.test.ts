import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { request } from "node:http";
import { identifyProcess } from "../../src/runtime/identity.ts";
import { processesWith } from "../support/machine.ts";
import { createPlace } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";

/** What the scripted upstream says of a request. */
interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly length: number;
  readonly pid: number;
  readonly running: number;
}

interface Facts {
  readonly id: string;
  readonly state: string;
  readonly pid: number | null;
  readonly starts: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly reason: string | null;
}

interface OpenaiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly hint: string;
  };
}

function config(startPort: number): string {
  const cmd = (flags = "") => JSON.stringify(upstreamCommand(flags));
  return `
startPort: ${startPort}
healthCheckTimeout: 5
unloadTimeout: 1
fairnessWindow: 500ms
models:
  a: {cmd: ${cmd()}, aliases: [gpt-4o, {id: hidden, unlisted: true}], name: Model A, metadata: {kind: test}}
  b:
    cmd: ${cmd("--ready-after 150")}
    useModelName: real-b
    filters: {stripParams: "temperature", setParams: {top_k: 5}, setParamsByID: {"b:high": {effort: high}}}
  org/slashed: {cmd: ${cmd("--no-health")}}
  slow: {cmd: ${cmd("--listen-after 400")}, sendLoadingState: comments}
  thinking: {cmd: ${cmd("--listen-after 200")}, sendLoadingState: true}
  crash: {cmd: ${cmd("--crash")}}
  never: {cmd: ${cmd("--never-ready")}}
  missing: {cmd: "no-such-program \${PORT}"}
  deaf: {cmd: ${cmd("--deaf --children")}, env: [DEAF_TAG=${startPort}]}
  flood: {cmd: ${cmd("--flood")}}
  one: {cmd: ${cmd()}, concurrencyLimit: 1, queueLimit: 2}
  limited: {cmd: ${cmd()}, timeouts: {responseHeader: 1, idle: 300ms}}
  dies: {cmd: ${cmd("--crash-after 3000")}}
  brief: {cmd: ${cmd()}, ttl: 1}
  secret: {cmd: ${cmd()}, unlisted: true}
`;
}

describe.each(TARGETS)("models on %s", (target) => {
  let server: TestServer;
  const port = takePorts();
  beforeAll(async () => {
    const place = createPlace();
    place.write("hearth.yaml", config(port));
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    server.place.remove();
  });

  const ask = (model: string, script: object = {}, headers: Record<string, string> = {}) =>
    server.post("/v1/chat/completions", chat(model, { ...script }), headers);
  const echoOf = async (response: Response): Promise<Echo> => {
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text) as Echo;
  };
  const errorOf = async (response: Response) => ((await response.json()) as OpenaiError).error;
  const facts = async (id: string): Promise<Facts> => {
    const { models } = (await (await server.get("/api/models")).json()) as { models: Facts[] };
    return models.find((model) => model.id === id) as Facts;
  };
  /** A zombie, which only its parent could reap, is not alive. */
  const isAlive = async (pid: number) => (await identifyProcess(pid, "proc")) !== undefined;

  test("are listed from the config, and none is started for it", async () => {
    const { data } = (await (await server.get("/v1/models")).json()) as { data: Record<string, unknown>[] };
    expect(data.map(({ id }) => id)).not.toContain("secret");
    expect(data[0]).toEqual({
      id: "a",
      object: "model",
      created: expect.any(Number),
      owned_by: "hearth",
      name: "Model A",
      meta: { llamaswap: { kind: "test" } },
    });
    expect(await (await server.get("/v1/models/org/slashed")).json()).toMatchObject({ id: "org/slashed" });
    expect((await server.get("/v1/models/nowhere")).status).toBe(404);
    expect(await (await server.get("/running")).json()).toEqual({ running: [] });
    expect((await facts("a")).state).toBe("stopped");
  });

  test("may have any characters in a name that is asked for", async () => {
    for (const path of ["/v1/models/", "/api/models/logs/", "/logs/stream/"]) {
      const response = await server.get(`${path}${encodeURIComponent("no\r\nsuch/model")}`);
      expect([path, response.status, await response.text()]).toEqual([
        path,
        404,
        expect.stringContaining("No model named"),
      ]);
    }
  });

  test.each(["DELETE", "OPTIONS", "PUT"])(
    "%s without a body finds its model by the query",
    async (method) => {
      const response = await fetch(`${server.url}/v1/responses/resp_1?model=a`, { method });
      expect(await echoOf(response)).toMatchObject({
        method,
        path: "/v1/responses/resp_1?model=a",
        length: 0,
      });
    },
  );

  test("tell how many lines of their output somebody wants only in whole numbers", async () => {
    for (const lines of ["-1", "1.5", "many", ""]) {
      expect((await server.get(`/api/models/logs/a?lines=${lines}`)).status).toBe(400);
    }
    expect((await server.get("/api/models/logs/a?lines=0")).status).toBe(200);
  });

  test("are started by the first request, once for a hundred", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask("gpt-4o").then(echoOf)));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    expect(await facts("a")).toMatchObject({ state: "ready", starts: 1, pid: answers[0]?.pid });
    expect(await (await server.get("/running")).json()).toMatchObject({
      running: [{ model: "a", state: "ready", ttl: 0, name: "Model A" }],
    });
    expect(await (await server.get("/health")).text()).toBe("OK");
  });

  test("get the request as it was, but for what the config changes", async () => {
    const plain = await echoOf(
      await ask("a", { temperature: 0.5, note: "ä🦉" }, { authorization: "Bearer mine" }),
    );
    expect(plain).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(plain.body).toEqual({
      model: "a",
      messages: [{ role: "user", content: "hi" }],
      temperature: 0.5,
      note: "ä🦉",
    });
    expect(plain.headers).toMatchObject({ authorization: "Bearer mine", "accept-encoding": "identity" });
    const changed = await echoOf(await ask("b:high", { temperature: 0.5, top_k: 99 }));
    expect(changed.body).toMatchObject({ model: "real-b", top_k: 5, effort: "high" });
    expect(changed.body).not.toHaveProperty("temperature");
    expect(Object.keys(changed.headers).filter((name) => name.startsWith("x-hearth"))).toEqual([]);
  });

  test("that exclude each other take turns, few of them", async () => {
    const before = [await facts("a"), await facts("b")];
    const asked = Array.from({ length: 20 }, () => [ask("a"), ask("b")]).flat();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).not.toContain(503);
    const after = [await facts("a"), await facts("b")];
    const starts = after.map(({ starts }, index) => starts - (before[index]?.starts ?? 0));
    expect((starts[0] as number) + (starts[1] as number)).toBeLessThanOrEqual(2);
  });

  test("a steady flow for one model does not keep another waiting for ever", async () => {
    await ask("a");
    const over = new AbortController();
    const flow = (async () => {
      const sent: Promise<Response>[] = [];
      while (!over.signal.aborted) {
        sent.push(ask("a", { think: 100 }));
        await Bun.sleep(30);
      }
      return await Promise.all(sent);
    })();
    await Bun.sleep(300);
    // The flow ends only after this answer.
    const other = await ask("b");
    over.abort();
    expect(other.status).toBe(200);
    expect((await flow).map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  });

  test("stream chunk by chunk, with what is theirs unchanged", async () => {
    // The model writes each chunk only after the test asked for it, so a chunk that is held back never comes.
    let asked = 0;
    const next = async () => await server.post("/upstream/a/gate/chunks", { open: (asked += 1) });
    await next();
    const response = await ask("a", { stream: true, chunks: 4, gate: "chunks" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    let text = "";
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`"i":${asked - 1}`) && asked < 4) await next();
    }
    expect(text.match(/"i":\d/g)).toEqual(['"i":0', '"i":1', '"i":2', '"i":3']);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("10,000 chunks arrive all, and 200 streams at once", async () => {
    const long = await (await ask("a", { stream: true, chunks: 10_000 })).text();
    expect(long.match(/data: \{/g)?.length).toBe(10_000);
    const many = await Promise.all(
      Array.from({ length: 200 }, async () =>
        (await ask("a", { stream: true, chunks: 20, every: 10 })).text(),
      ),
    );
    expect(
      many.filter((text) => text.endsWith("[DONE]\n\n") && text.match(/data: \{/g)?.length === 20).length,
    ).toBe(200);
  });

  test.each([
    ["reset in mid-stream", { stream: true, chunks: 9, break_after: 2 }],
    ["closed in mid-stream by HTTP/1.0", { close: "http10", chunks: 9, break_after: 2 }],
    ["ended without [DONE]", { stream: true, chunks: 2, no_done: true }],
    ["ended without [DONE] by HTTP/1.0", { close: "http10", chunks: 2, no_done: true }],
  ])("a stream that is %s ends with an error event that can be read", async (_, script) => {
    const text = await (await ask("a", script)).text();
    const events = text.trimEnd().split("\n\n");
    for (const event of events) JSON.parse(event.replace(/^data: /, ""));
    expect(events.length).toBe(3);
    expect(JSON.parse((events[2] as string).slice(6))).toMatchObject({
      error: { type: "server_error", code: "upstream-broken", source: "hearth" },
    });
  });

  test("a stream by HTTP/1.0 that ends well ends well", async () => {
    const text = await (await ask("a", { close: "http10", chunks: 3 })).text();
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(text).not.toContain("error");
  });

  test("an answer shorter than it says is an error, not a short answer", async () => {
    const response = await ask("a", { wrong_length: true });
    expect(response.status).toBe(502);
    expect(await errorOf(response)).toMatchObject({ code: "upstream-broken" });
  });

  test("status and compression are the server's own, cookies stay with it", async () => {
    const refused = await ask("a", { status: 418 });
    expect(refused.status).toBe(418);
    const cookies = await ask("a", { cookies: true });
    expect(cookies.headers.getSetCookie()).toEqual([]);
    // fetch has decoded it: it came as it was announced.
    expect(((await (await ask("a", { gzip: true })).json()) as Echo).path).toBe("/v1/chat/completions");
  });

  test("learn at once that a client has left", async () => {
    await ask("a");
    const running = async () => (await echoOf(await ask("a"))).running;
    const leaving = new AbortController();
    const { signal } = leaving;
    const body = JSON.stringify(chat("a", { stream: true, chunks: 1000, every: 50 }));
    const stream = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body, signal });
    const plain = fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chat("a", { think: 30_000 })),
      signal,
    }).catch(() => undefined);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await until("it is so", async () => (await running()) === 3);
    leaving.abort();
    await plain;
    await until("it is so", async () => (await running()) === 1);
    expect((await facts("a")).inFlight).toBe(0);
  });

  test("are waited for by a client that may leave", async () => {
    await server.post("/api/models/unload", {});
    const leaving = new AbortController();
    const { signal } = leaving;
    const waiting = fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chat("slow")),
      signal,
    }).catch(() => "left");
    await until("it is so", async () => (await facts("slow")).queued === 1);
    leaving.abort();
    expect(await waiting).toBe("left");
    await until("it is so", async () => (await facts("slow")).queued === 0);
  });

  test("tell streaming clients that they load, by comments or as thoughts", async () => {
    await server.post("/api/models/unload", {});
    const comments = await (await ask("slow", { stream: true })).text();
    expect(comments).toStartWith(": slow is loading, 0 s\n\n");
    expect(comments.endsWith("data: [DONE]\n\n")).toBe(true);
    const thoughts = await (await ask("thinking", { stream: true })).text();
    const [first = ""] = thoughts.split("\n\n");
    expect(JSON.parse(first.slice(6))).toMatchObject({
      choices: [{ delta: { reasoning_content: "thinking is loading, 0 s\n" } }],
    });
    expect(thoughts.match(/"i":\d/g)?.length).toBe(3);
    // Without a stream, and once it is there, nothing is told.
    expect(await (await ask("slow")).text()).not.toContain("loading");
  });

  test("that can't start are a 503 with the reason, and are not tried without end", async () => {
    const response = await ask("crash");
    expect(response.status).toBe(503);
    const { message, code, hint } = await errorOf(response);
    expect(message).toContain("exit code 3");
    expect(message).toContain("no such device");
    expect({ code, hint }).toEqual({
      code: "model-unavailable",
      hint: "Its output: hearth models logs crash",
    });
    const again = await ask("crash");
    expect(again.status).toBe(503);
    expect(Number(again.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await facts("crash")).starts).toBe(1);
    const missing = await errorOf(await ask("missing"));
    expect(missing.message).toContain("no-such-program: not found in PATH");
    expect(missing.hint).toStartWith("Install the program, or set `program:`");
    expect(await (await server.get("/api/models/logs/crash?lines=1")).json()).toMatchObject({
      lines: ["no such device"],
    });
  });

  test("that are never ready are given up in time, and nothing of them is left", async () => {
    const waiting = ask("never");
    await until("it is so", async () => (await facts("never")).pid !== null);
    const { pid } = await facts("never");
    const { message } = await errorOf(await waiting);
    expect(message).toContain("it was not ready after 5 s; its last answer was 503");
    expect(await isAlive(pid as number)).toBe(false);
  });

  test("that end by themselves are started again", async () => {
    const first = await echoOf(await ask("dies"));
    await until("its end is known", async () => (await facts("dies")).pid !== first.pid);
    const second = await echoOf(await ask("dies"));
    expect(second.pid).not.toBe(first.pid);
  });

  test("that print without end are read, and their last lines are kept", async () => {
    expect((await ask("flood")).status).toBe(200);
    const { lines } = (await (await server.get("/api/models/logs/flood?lines=3")).json()) as {
      lines: string[];
    };
    expect(lines.length).toBe(3);
    expect(lines[0]?.length).toBeLessThan(20_000);
  });

  test("that take no SIGTERM are gone after their time, with all that they started", async () => {
    const { pid } = await echoOf(await ask("deaf"));
    expect(processesWith(`DEAF_TAG=${port}`).length).toBeGreaterThan(3);
    await server.post("/api/models/unload/deaf", {});
    expect(await isAlive(pid)).toBe(false);
    expect(processesWith(`DEAF_TAG=${port}`)).toEqual([]);
  });

  test("do so many at a time as they may, and refuse what is too much", async () => {
    await ask("one");
    const asked = Array.from({ length: 5 }, () => ask("one", { think: 200 }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = (await Promise.all(asked)).find(({ status }) => status === 429);
    expect(refused?.headers.get("retry-after")).toBe("1");
  });

  test("are given up after a set time only", async () => {
    const late = await ask("limited", { think: 3000 });
    expect(late.status).toBe(504);
    expect(await errorOf(late)).toMatchObject({ code: "upstream-timeout" });
    const silent = await (await ask("limited", { stream: true, chunks: 3, every: 2000 })).text();
    expect(silent).toContain('"upstream-timeout"');
  });

  test("go after their time without use", async () => {
    const { pid } = await echoOf(await ask("brief"));
    await until("it is so", async () => (await facts("brief")).state === "stopped");
    expect(await isAlive(pid)).toBe(false);
  });

  test("are called by path too, ids with slashes included, and pages from there are sandboxed", async () => {
    const echo = await echoOf(await server.post("/upstream/org/slashed/v9/some%20thing?x=1", { a: 1 }));
    expect(echo).toMatchObject({ path: "/v9/some%20thing?x=1", body: { a: 1 } });
    const page = await server.post("/upstream/org/slashed/page", { html: true });
    expect(page.headers.get("content-security-policy")).toStartWith("sandbox");
    await server.post("/api/models/unload", {});
    const ignored = await server.get("/upstream/org/slashed/favicon.ico");
    expect(ignored.status).toBe(503);
    expect((await facts("org/slashed")).state).toBe("stopped");
  });

  test("are found in forms, whose files are passed on as they are", async () => {
    const form = new FormData();
    form.set("file", new File([new Uint8Array(300_000).fill(65)], "söund.wav", { type: "audio/wav" }));
    form.set("model", "b");
    form.set("language", "de");
    const echo = await echoOf(
      await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: form }),
    );
    expect(echo.path).toBe("/v1/audio/transcriptions");
    expect(Number(echo.headers["content-length"])).toBe(echo.length);
    expect(echo.text.indexOf('name="file"')).toBeLessThan(echo.text.indexOf('name="model"'));
    expect(echo.text).toMatch(/name="model"\r\n\r\nreal-b\r\n/);
    expect(echo.text).toContain("A".repeat(300_000));
    expect(Buffer.from(echo.text, "latin1").toString()).toContain('filename="söund.wav"');
    const without = new FormData();
    without.set("file", "x");
    const refused = await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: without });
    expect(refused.status).toBe(400);
    expect(await errorOf(refused)).toMatchObject({ type: "invalid_request_error" });
  });

  test.each([
    ["an unknown model", { model: "bb" }, 404, { code: "model_not_found", type: "invalid_request_error" }],
    ["no model", { messages: [] }, 400, { code: "request-invalid" }],
    ["a model that is no name", { model: 5 }, 400, { code: "request-invalid" }],
    ["a list", [], 400, { code: "request-invalid" }],
    ["no JSON", "{", 400, { code: "json-invalid" }],
  ])("%s is refused in OpenAI's shape", async (_, body, status, error) => {
    const response = await server.post("/v1/chat/completions", body);
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject(error);
  });

  test("their changes are told as events", async () => {
    await server.post("/api/models/unload", {});
    const response = await server.get("/api/events");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const states: string[] = [];
    const reading = (async () => {
      while (states.at(-1) !== "a stopped" || states.length < 20) {
        const { value, done } = await reader.read();
        if (done) return;
        for (const [, data = "{}"] of Buffer.from(value)
          .toString()
          .matchAll(/^data: (.*)$/gm)) {
          const { model, state } = JSON.parse(data) as Record<string, string>;
          states.push(`${model} ${state}`);
        }
        if (states.slice(-4).join() === "a starting,a ready,a stopping,a stopped") return;
      }
    })();
    await ask("a");
    await server.post("/api/models/unload/a", {});
    await reading;
    await reader.cancel();
    expect(states).toContain("a starting");
  });

  test("a stranger on a fixed port is named, and never asked", async () => {
    const stranger = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("stranger") });
    const text = `models: {fixed: {cmd: "sleep 100", proxy: "http://127.0.0.1:${stranger.port}"}}`;
    const place = createPlace();
    place.write("hearth.yaml", text);
    const other = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      const response = await other.post("/v1/chat/completions", chat("fixed"));
      expect(response.status).toBe(503);
      const { message } = await errorOf(response);
      expect(message).toContain(`port ${stranger.port} belongs to`);
      expect(message).toContain(`process ${process.pid}`);
    } finally {
      await other.stop();
      await stranger.stop(true);
      place.remove();
    }
  });

  test("end with the server, quickly, while a stream runs to its end", async () => {
    const place = createPlace();
    place.write("hearth.yaml", config(takePorts()));
    const other = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    const answer = await echoOf(await other.post("/v1/chat/completions", chat("a")));
    const stream = await other.post(
      "/v1/chat/completions",
      chat("a", { stream: true, chunks: 10, every: 50 }),
    );
    other.signal("SIGTERM");
    expect(await stream.text()).toEndWith("data: [DONE]\n\n");
    expect(await other.exited).toBe(0);
    expect(await isAlive(answer.pid)).toBe(false);
    await other.stop();
    place.remove();
  });

  test("end with a server that is killed, deaf ones too", async () => {
    const place = createPlace();
    const otherPort = takePorts();
    place.write("hearth.yaml", config(otherPort));
    const other = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    const { pid } = await echoOf(await other.post("/v1/chat/completions", chat("deaf")));
    other.signal("SIGKILL");
    await other.exited;
    await until("all are gone", () => processesWith(`DEAF_TAG=${otherPort}`).length === 0);
    expect(await isAlive(pid)).toBe(false);
    await other.stop();
    place.remove();
  });
});

test("the server asks for a body's length as it is, with node's own client too", async () => {
  // A client that sends its body in chunks: a server such as mlx_lm takes only bodies with a length.
  const place = createPlace();
  place.write("hearth.yaml", config(takePorts()));
  const server = await startServer(TARGETS[0] as (typeof TARGETS)[number], {
    place,
    args: ["--config", "hearth.yaml"],
  });
  try {
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(`${server.url}/v1/chat/completions`, { method: "POST" }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("end", () => resolve(body));
      });
      sent.on("error", reject);
      sent.write(JSON.stringify(chat("a")).slice(0, 10));
      setTimeout(() => sent.end(JSON.stringify(chat("a")).slice(10)), 20);
    });
    expect((JSON.parse(text) as Echo).headers).toMatchObject({ "content-length": expect.any(String) });
  } finally {
    await server.stop();
    place.remove();
  }
});
