import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Collector, type ReceivedSpan, startCollector } from "../support/collector.ts";
import { freePort, takePorts } from "../support/ports.ts";
import { createPlace } from "../support/place.ts";
import { pythonWithMonitoring } from "../support/python.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";
import { logOf } from "./support.ts";

const python = await pythonWithMonitoring();

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLERS_SPAN = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE_ID}-${CALLERS_SPAN}-01`;

function config(): string {
  return `
startPort: ${takePorts()}
healthCheckTimeout: 5
models:
  a: {cmd: ${JSON.stringify(upstreamCommand())}}
  writes: {cmd: ${JSON.stringify(upstreamCommand("--tokens 4 --gap 30"))}}
  crash: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}
`;
}

async function serve(target: (typeof TARGETS)[number], env: Record<string, string>): Promise<TestServer> {
  const place = createPlace();
  place.write("hearth.yaml", config());
  return await startServer(target, { place, args: ["--config", "hearth.yaml"], env });
}

async function end(server: TestServer): Promise<void> {
  await server.stop();
  server.place.remove();
}

/** What the scripted upstream was sent. */
interface Echo {
  readonly headers: Readonly<Record<string, string>>;
}

describe.each(TARGETS)("spans on %s", (target) => {
  let server: TestServer;
  let collector: Collector;
  beforeAll(async () => {
    collector = startCollector();
    server = await serve(target, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=us",
      OTEL_SERVICE_NAME: "my-hearth",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    });
  });
  afterAll(async () => {
    await end(server);
    collector.stop();
  });

  /** The spans of one request, once they have come: the server's own, and those below it. */
  const spansOf = async (requestId: string): Promise<readonly [ReceivedSpan, readonly ReceivedSpan[]]> => {
    let own: ReceivedSpan | undefined;
    await until("the request's span has come", async () => {
      own = (await collector.spans()).find(({ attributes }) => attributes["hearth.request_id"] === requestId);
      return own !== undefined;
    });
    const { spanId } = own as ReceivedSpan;
    return [
      own as ReceivedSpan,
      (await collector.spans()).filter(({ parentSpanId }) => parentSpanId === spanId),
    ];
  };
  const askModel = (model: string, script: object, requestId: string, headers: Record<string, string> = {}) =>
    server.post("/v1/chat/completions", chat(model, { ...script }), {
      "x-request-id": requestId,
      ...headers,
    });

  test("one for each request, by the conventions for HTTP, without what a caller wrote", async () => {
    const headers = { "x-request-id": "ping-1", traceparent: TRACEPARENT };
    await (await server.get("/api/sessions/my-secret?q=my-secret", headers)).text();
    const [span] = await spansOf("ping-1");
    expect(span).toMatchObject({
      name: "GET /api/sessions/:id",
      kind: 2,
      traceId: TRACE_ID,
      parentSpanId: CALLERS_SPAN,
      status: 0,
      attributes: {
        "http.request.method": "GET",
        "http.route": "/api/sessions/:id",
        "http.response.status_code": 404,
        "url.scheme": "http",
        "hearth.error_code": "session-unknown",
      },
      resource: {
        "service.name": "my-hearth",
        "service.version": expect.any(String),
        "deployment.environment.name": "test",
        "process.pid": server.pid,
      },
    });
    expect(JSON.stringify(span.attributes)).not.toContain("my-secret");
    expect(collector.headers[0]?.get("x-tenant")).toBe("us");
    expect(collector.types).toEqual(new Set(["application/json"]));
  });

  test("without a caller's trace each request begins one", async () => {
    await (await server.get("/api/ping", { "x-request-id": "ping-2", traceparent: "nonsense" })).text();
    await (await server.get("/nowhere", { "x-request-id": "ping-3" })).text();
    const [[one], [other]] = [await spansOf("ping-2"), await spansOf("ping-3")];
    expect([one.parentSpanId, other.parentSpanId]).toEqual([undefined, undefined]);
    expect(one.traceId).not.toBe(other.traceId);
    expect(other.name).toBe("GET");
    expect(other.attributes).not.toHaveProperty("http.route");
  });

  test("a model call is a child, whose place in the trace its server is told", async () => {
    const usage = { prompt_tokens: 11, completion_tokens: 7 };
    const headers = { traceparent: TRACEPARENT, tracestate: "vendor=1" };
    const response = await askModel("a", { usage, temperature: 0.5, max_tokens: 9 }, "call-1", headers);
    const echo = (await response.json()) as Echo;
    const [own, [call]] = await spansOf("call-1");
    expect(own).toMatchObject({ name: "POST /v1/chat/completions", parentSpanId: CALLERS_SPAN, status: 0 });
    expect(call).toMatchObject({
      name: "chat a",
      kind: 3,
      traceId: TRACE_ID,
      status: 0,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "a",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": expect.any(String),
        "server.port": expect.any(Number),
      },
    });
    expect(echo.headers["traceparent"]).toBe(`00-${TRACE_ID}-${call?.spanId}-01`);
    expect(echo.headers["tracestate"]).toBe("vendor=1");
  });

  test("a stream's spans end with it", async () => {
    await (await askModel("writes", { stream: true }, "stream-1")).text();
    const [own, [call]] = await spansOf("stream-1");
    expect(call?.attributes).toMatchObject({
      "gen_ai.request.stream": true,
      "gen_ai.usage.output_tokens": 4,
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
    });
    // One that ended with the head of the answer would be shorter than the call.
    const lengthOf = (span: ReceivedSpan) => span.endNs - span.startNs;
    expect(lengthOf(own) >= lengthOf(call as ReceivedSpan)).toBeTrue();
  });

  test("a failure of the server is an error; a stream that breaks off is one of its call", async () => {
    await (await askModel("crash", {}, "crash-1")).text();
    const [own, children] = await spansOf("crash-1");
    expect(own).toMatchObject({ status: 2, attributes: { "error.type": "model-unavailable" } });
    expect(children).toEqual([]);
    await (
      await askModel("a", { stream: true, chunks: 4, break_after: 1, close: "reset" }, "broken-1")
    ).text();
    const [, [call]] = await spansOf("broken-1");
    expect(call).toMatchObject({ status: 2, attributes: { "error.type": "upstream-broken" } });
  });
});

describe.each(TARGETS)("a collector and the server on %s", (target) => {
  test.skipIf(python === undefined)(
    "what is left is sent when the server stops, by default as protobuf",
    async () => {
      const collector = startCollector(python);
      const server = await serve(target, {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
        OTEL_BSP_SCHEDULE_DELAY: "600000",
      });
      await (await server.get("/api/ping", { traceparent: TRACEPARENT })).text();
      expect(await collector.spans()).toEqual([]);
      server.signal("SIGTERM");
      expect(await server.exited).toBe(0);
      expect(await collector.spans()).toMatchObject([
        {
          name: "GET /api/ping",
          kind: 2,
          traceId: TRACE_ID,
          parentSpanId: CALLERS_SPAN,
          attributes: { "http.response.status_code": 200 },
          resource: { "service.name": "hearth" },
        },
      ]);
      expect(collector.types).toEqual(new Set(["application/x-protobuf"]));
      await end(server);
      collector.stop();
    },
  );

  test("one that is not there disturbs no request and no stop, and is told in the log", async () => {
    const server = await serve(target, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: "300",
      OTEL_BSP_SCHEDULE_DELAY: "20",
    });
    for (let i = 0; i < 50; i += 1) expect((await server.get("/api/ping")).status).toBe(200);
    await until("the log tells it", () => logOf(server).includes("spans could not be sent"));
    await (await server.get("/api/ping")).text();
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(server.stderr()).not.toContain("rror");
    await end(server);
  });

  test("none is sent when that is switched off, and a caller's trace goes on as it came", async () => {
    const collector = startCollector();
    const server = await serve(target, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SDK_DISABLED: "true",
    });
    const headers = { traceparent: TRACEPARENT, tracestate: "vendor=1" };
    const echo = (await (await server.post("/v1/chat/completions", chat("a"), headers)).json()) as Echo;
    expect(echo.headers).toMatchObject(headers);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(await collector.spans()).toEqual([]);
    await end(server);
    collector.stop();
  });

  test("a protocol that hearth does not speak is told in the log", async () => {
    const server = await serve(target, {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    });
    expect((await server.get("/api/ping")).status).toBe(200);
    await until("the log tells it", () => logOf(server).includes("requests are not traced"));
    expect(logOf(server)).toContain("grpc");
    await end(server);
  });
});
