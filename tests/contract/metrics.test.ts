import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS } from "../../src/metrics/catalog.ts";
import { queriesOf } from "../support/dashboard.ts";
import { parseMetrics, valueIn } from "../support/metrics.ts";
import { createPlace } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { pythonWithMonitoring } from "../support/python.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";
import { read, statusOf } from "./support.ts";

const python = await pythonWithMonitoring();

const CMD = JSON.stringify(upstreamCommand());
const config = (startPort: number) => `
startPort: ${startPort}
healthCheckTimeout: 5
fairnessWindow: 200ms
models:
  a: {cmd: ${CMD}}
  b: {cmd: ${CMD}}
  org/"slashed\\x: {cmd: ${CMD}}
  writes: {cmd: ${JSON.stringify(upstreamCommand("--tokens 5"))}}
  crash: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}}
  one: {cmd: ${CMD}, concurrencyLimit: 1, queueLimit: 1}
`;

describe.each(TARGETS)("GET /metrics on %s", (target) => {
  let server: TestServer;
  const port = takePorts();
  beforeAll(async () => {
    const place = createPlace();
    place.write("hearth.yaml", config(port));
    place.write("t.csv", "x\n1\n");
    server = await startServer(target, { place, args: ["--config", "hearth.yaml", "--root", "."] });
  });
  afterAll(async () => {
    await server.stop();
    server.place.remove();
  });

  const metrics = async () => await (await server.get("/metrics")).text();
  const valueOf = async (series: string) => valueIn(await metrics(), series);
  const ask = async (model: string, script: object = {}) => {
    const response = await server.post("/v1/chat/completions", chat(model, { ...script }));
    await response.text();
    return response.status;
  };

  test("knows every model before anybody asked for one, and loads none", async () => {
    const text = await metrics();
    expect(valueIn(text, 'hearth_model_state{model="a",state="stopped"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_state{model="a",state="ready"}')).toBe(0);
    expect(valueIn(text, 'hearth_model_starts_total{model="a"}')).toBe(0);
    expect(valueIn(text, 'hearth_model_load_seconds_count{model="a"}')).toBe(0);
    expect(text).toContain('hearth_model_state{model="org/\\"slashed\\\\x",state="stopped"} 1');
  });

  test("counts requests by route and status, and how long they took", async () => {
    const before = await metrics();
    for (let i = 0; i < 5; i += 1) await (await server.get("/api/ping")).text();
    await (await server.get("/no/such/thing?secret=1")).text();
    await (await server.get("/api/sessions/mine")).text();
    const after = await metrics();
    const grown = (series: string) => (valueIn(after, series) ?? 0) - (valueIn(before, series) ?? 0);
    expect(grown('hearth_http_requests_total{route="/api/ping",status="200"}')).toBe(5);
    expect(grown('hearth_http_requests_total{route="unknown",status="404"}')).toBe(1);
    expect(grown('hearth_http_requests_total{route="/api/sessions/:id",status="404"}')).toBe(1);
    expect(grown('hearth_http_requests_total{route="/metrics",status="200"}')).toBe(1);
    expect(grown('hearth_http_request_duration_seconds_count{route="/api/ping"}')).toBe(5);
    expect(grown('hearth_http_request_duration_seconds_bucket{route="/api/ping",le="+Inf"}')).toBe(5);
    expect(grown('hearth_http_request_duration_seconds_sum{route="/api/ping"}')).toBeGreaterThan(0);
    expect(after).not.toContain("secret");
    expect(after).not.toContain("mine");
  });

  test("tells of cache and sessions", async () => {
    const before = await metrics();
    for (let i = 0; i < 3; i += 1) await (await read(server, { type: "csv", filename: "t.csv" })).text();
    const after = await metrics();
    const grown = (series: string) => (valueIn(after, series) ?? 0) - (valueIn(before, series) ?? 0);
    expect(grown("hearth_cache_hits_total") + grown("hearth_cache_misses_total")).toBe(3);
    expect(grown("hearth_cache_misses_total")).toBeGreaterThanOrEqual(1);
    expect(valueIn(after, "hearth_cache_entries")).toBe(1);
    expect(valueIn(after, "hearth_cache_bytes")).toBeGreaterThan(0);
    expect(valueIn(after, "hearth_sessions")).toBe(0);
  });

  test("is watching: it is not in use, and is seen by itself alone", async () => {
    const text = await metrics();
    expect(valueIn(text, 'hearth_http_requests_in_flight{kind="use"}')).toBe(0);
    expect(valueIn(text, 'hearth_http_requests_in_flight{kind="watch"}')).toBe(1);
    expect((await statusOf(server)).hearth.inFlight).toEqual({ active: 0, kept: 0, watching: 1 });
  });

  test("counts a model's start, waits, answers and tokens, and what it gave room to", async () => {
    const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
    expect(await ask("a", { usage })).toBe(200);
    expect(await ask("a", { usage, status: 400 })).toBe(400);
    let text = await metrics();
    expect(valueIn(text, 'hearth_model_state{model="a",state="ready"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_starts_total{model="a"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_load_seconds_count{model="a"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_queue_wait_seconds_count{model="a"}')).toBe(2);
    expect(valueIn(text, 'hearth_model_queue_wait_seconds_sum{model="a"}')).toBeGreaterThan(0);
    expect(valueIn(text, 'hearth_model_requests_total{model="a",status="200"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_requests_total{model="a",status="400"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_tokens_total{model="a",type="input"}')).toBe(11);
    expect(valueIn(text, 'hearth_model_tokens_total{model="a",type="output"}')).toBe(7);
    // A loaded model holds the server, but is no request.
    expect(valueIn(text, 'hearth_http_requests_in_flight{kind="use"}')).toBe(0);
    expect(await ask("b")).toBe(200);
    text = await metrics();
    expect(valueIn(text, 'hearth_model_unloads_total{model="a",reason="swap"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_swaps_total{model="a"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_state{model="a",state="ready"}')).toBe(0);
  });

  test("reads the tokens of streams from their ends, in each server's own shape", async () => {
    const total = async (type: string) =>
      (await valueOf(`hearth_model_tokens_total{model="b",type="${type}"}`)) ?? 0;
    const grownBy = async (...events: readonly object[]) => {
      const before = [await total("input"), await total("output")] as const;
      expect(await ask("b", { stream: true, events, no_done: true })).toBe(200);
      return [(await total("input")) - before[0], (await total("output")) - before[1]];
    };
    const done = { choices: [{ delta: {}, finish_reason: "stop" }] };
    const long = Array.from({ length: 200 }, (_, i) => ({
      choices: [{ delta: { content: `word ${i} ` } }],
      usage: null,
    }));
    const sent = (...events: readonly object[]) =>
      server.post("/v1/messages", { ...chat("b"), stream: true, events });
    expect(await ask("writes", { stream: true })).toBe(200);
    expect(await valueOf('hearth_model_tokens_total{model="writes",type="output"}')).toBe(5);
    expect(await valueOf('hearth_model_time_to_first_token_seconds_count{model="writes"}')).toBe(1);
    const before = [await total("input"), await total("output")] as const;
    await (
      await sent(
        {
          type: "message_start",
          message: { usage: { input_tokens: 20, cache_read_input_tokens: 5, output_tokens: 1 } },
        },
        ...long,
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 42 } },
        { type: "message_stop" },
      )
    ).text();
    expect([(await total("input")) - before[0], (await total("output")) - before[1]]).toEqual([25, 42]);
    // These streams lack `[DONE]`, which is told their caller as a failure: what came is counted all the same.
    expect(await grownBy(...long, { ...done, usage: { prompt_tokens: 3, completion_tokens: 200 } })).toEqual([
      3, 200,
    ]);
    expect(await grownBy(...long, { ...done, timings: { cache_n: 4, prompt_n: 6, predicted_n: 9 } })).toEqual(
      [10, 9],
    );
    expect(await grownBy(...long)).toEqual([0, 0]);
  });

  test("counts what failed and what was refused", async () => {
    expect(await ask("crash")).toBe(503);
    const asked = await Promise.all([1, 2, 3].map(() => ask("one", { think: 300 })));
    expect(asked.filter((status) => status === 429).length).toBeGreaterThan(0);
    const text = await metrics();
    expect(valueIn(text, 'hearth_model_failures_total{model="crash",phase="start"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_state{model="crash",state="failed"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_rejections_total{model="crash",code="model-unavailable"}')).toBe(1);
    expect(valueIn(text, 'hearth_model_rejections_total{model="one",code="queue-full"}')).toBe(
      asked.filter((status) => status === 429).length,
    );
  });

  test("shows who waits and who is answered at this moment", async () => {
    const running = [ask("one", { think: 800 }), ask("one", { think: 1 })];
    await until("one is answered and one waits", async () => {
      const text = await metrics();
      return (
        valueIn(text, 'hearth_model_requests_in_flight{model="one"}') === 1 &&
        valueIn(text, 'hearth_model_queue_length{model="one"}') === 1 &&
        valueIn(text, 'hearth_http_requests_in_flight{kind="use"}') === 2
      );
    });
    expect(await Promise.all(running)).toEqual([200, 200]);
  });

  test.each([
    ["text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain; version=0.0.4; charset=utf-8"],
    ["*/*", "text/plain; version=0.0.4; charset=utf-8"],
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ],
    ["application/openmetrics-text;q=0,text/plain", "text/plain; version=0.0.4; charset=utf-8"],
  ])("for Accept: %s it is %s", async (accept, type) => {
    const response = await server.get("/metrics", { accept });
    expect(response.headers.get("content-type")).toBe(type);
    expect((await response.text()).endsWith("# EOF\n")).toBe(type.startsWith("application/"));
  });

  test.skipIf(python === undefined).each(["text", "openmetrics"] as const)(
    "is read by Prometheus' own parser as %s, every metric with its type and its labels",
    async (format) => {
      const accept = format === "text" ? "text/plain" : "application/openmetrics-text";
      const text = await (await server.get("/metrics", { accept })).text();
      const families = await parseMetrics(python as string, text, format);
      expect(families.map(({ name }) => name)).toEqual(
        Object.keys(METRICS).map((name) => {
          if (format === "openmetrics") return name.replace(/_(?:total|info)$/, "");
          return name.replace(/_total$/, "");
        }),
      );
      for (const [name, { kind, labels, help }] of Object.entries(METRICS)) {
        const family = families.find((each) => each.help === help);
        const type = kind === "info" && format === "text" ? "gauge" : kind;
        expect({ name, type: family?.type }).toEqual({ name, type });
        for (const sample of family?.samples ?? []) {
          const own = Object.keys(sample.labels).filter((label) => label !== "le");
          expect(own.toSorted()).toEqual(labels.toSorted());
        }
      }
      const units = families
        .filter(({ unit }) => unit !== "")
        .map(({ name, unit }) => name.endsWith(`_${unit}`));
      expect(units.every(Boolean)).toBeTrue();
      const ids = families
        .find(({ name }) => name === "hearth_model_state")
        ?.samples.map(({ labels }) => labels["model"]);
      expect(ids).toContain('org/"slashed\\x');
    },
  );

  test("has every series and every label of the dashboard", async () => {
    const text = await metrics();
    const queries = queriesOf(readFileSync(join(PROJECT, "examples/grafana/hearth.json"), "utf8"));
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.flatMap(({ faults }) => faults)).toEqual([]);
    // Prometheus adds the first two, a histogram's buckets the third.
    const labelsOf = (name: string) => ["job", "instance", "le", ...(definitionOf(text, name) ?? [])];
    const strange = queries.filter(({ labels, series }) => {
      const isThere = series.length > 0 && series.every((name) => definitionOf(text, name) !== undefined);
      return !isThere || labels.some((label) => !series.some((name) => labelsOf(name).includes(label)));
    });
    expect(strange).toEqual([]);
  });
});

/** The labels of a series that an answer has by name and type. */
function definitionOf(text: string, series: string): readonly string[] | undefined {
  const isTyped = (name: string, type: string) => text.includes(`\n# TYPE ${name} ${type}\n`);
  const base = series.replace(/_(?:bucket|sum|count)$/, "");
  const isThere =
    base === series ? isTyped(series, "gauge") || isTyped(series, "counter") : isTyped(base, "histogram");
  const definitions: Readonly<Record<string, { readonly labels: readonly string[] }>> = METRICS;
  return isThere ? definitions[base]?.labels : undefined;
}

describe.each(TARGETS)("who may see metrics on %s", (target) => {
  test("whoever has the token; a key for some models sees none, and an admin's for some only theirs", async () => {
    const place = createPlace();
    place.write(
      "hearth.yaml",
      `${config(takePorts())}apiKeys: [{key: for-b, models: [b]}, {key: boss, models: [b], admin: true}]\n`,
    );
    const server = await startServer(target, {
      place,
      args: ["--config", "hearth.yaml", "--idle-timeout", "1h"],
      env: { HEARTH_TOKEN: "all" },
    });
    try {
      expect((await server.get("/metrics")).status).toBe(401);
      const all = await (await server.get("/metrics", { authorization: "Bearer all" })).text();
      expect(all).toContain('{model="a",');
      expect(valueIn(all, "hearth_idle_timeout_seconds")).toBe(3600);
      expect(valueIn(all, "hearth_idle_remaining_seconds")).toBeGreaterThan(3500);
      expect((await server.get("/metrics", { authorization: "Bearer for-b" })).status).toBe(403);
      const some = await (await server.get("/metrics", { authorization: "Bearer boss" })).text();
      expect(some).toContain('{model="b",');
      expect(some).not.toContain('{model="a",');
    } finally {
      await server.stop();
      place.remove();
    }
  });

  test("they follow the config: a model that is gone from it has none, what was counted of the others stays", async () => {
    const place = createPlace();
    const models = (...names: string[]) =>
      `startPort: ${takePorts()}\nmodels: {${names.map((name) => `${name}: {cmd: ${CMD}}`).join(", ")}}\n`;
    place.write("hearth.yaml", models("a", "gone"));
    const server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    try {
      const usage = { prompt_tokens: 2, completion_tokens: 3 };
      for (const model of ["gone", "a"]) {
        await (await server.post("/v1/chat/completions", chat(model, { usage }))).text();
      }
      expect(await (await server.get("/metrics")).text()).toContain('model="gone"');
      place.write("hearth.yaml", models("a", "new"));
      server.signal("SIGHUP");
      let text = "";
      await until("the new config is taken", async () => {
        text = await (await server.get("/metrics")).text();
        return text.includes('model="new"');
      });
      expect(text).not.toContain('model="gone"');
      expect(valueIn(text, 'hearth_model_tokens_total{model="a",type="output"}')).toBe(3);
    } finally {
      await server.stop();
      place.remove();
    }
  });

  test("nobody keeps a server here by looking at them", async () => {
    const place = createPlace();
    const server = await startServer(target, { place, args: ["--idle-timeout", "1"] });
    let isGone = false;
    void server.exited.then(() => (isGone = true));
    await until("it leaves, however often it is scraped", async () => {
      await server.get("/metrics").then(
        (response) => response.text(),
        () => "",
      );
      return isGone;
    });
    expect(await server.exited).toBe(0);
    place.remove();
  });
});
