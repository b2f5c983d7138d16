import { describe, expect, test } from "bun:test";
import { describeCall, describeResult } from "../../src/tracing/call-attributes.ts";
import { samplerFor } from "../../src/tracing/sampler.ts";
import { tracingWish } from "../../src/tracing/wanted.ts";
import { HearthError } from "../../src/errors.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

describe("whether to trace", () => {
  test.each([
    [{}, "off"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }, "off"],
    [ENDPOINT, "http/protobuf"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://localhost:4318/v1/traces" }, "http/protobuf"],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: "True" }, "off"],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: "false" }, "http/protobuf"],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }, "off"],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: "console, otlp" }, "http/protobuf"],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: "zipkin" }, "impossible"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, "impossible"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://" }, "impossible"],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }, "http/json"],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "impossible"],
    [
      {
        ...ENDPOINT,
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
      },
      "http/protobuf",
    ],
  ])("%o: %s", (environment, expected) => {
    const wish = tracingWish(environment);
    const shown: string = wish.kind === "on" ? wish.protocol : wish.kind;
    expect(shown).toBe(expected);
  });
});

test.each([
  [undefined, undefined, "ParentBased{root=AlwaysOnSampler"],
  ["no_such", undefined, "ParentBased{root=AlwaysOnSampler"],
  ["always_on", undefined, "AlwaysOnSampler"],
  ["always_off", undefined, "AlwaysOffSampler"],
  ["traceidratio", "0.25", "TraceIdRatioBased{0.25}"],
  ["traceidratio", "lots", "TraceIdRatioBased{1}"],
  ["parentbased_always_off", undefined, "ParentBased{root=AlwaysOffSampler"],
  ["parentbased_traceidratio", "0.5", "ParentBased{root=TraceIdRatioBased{0.5}"],
])("the sampler %s with %s is %s", (name, argument, expected) => {
  expect(samplerFor(name, argument).toString()).toStartWith(expected);
});

describe("the span of a call", () => {
  const call = { model: "qwen", baseUrl: "https://gpu:8080", method: "POST", params: undefined };

  test("has the name and the attributes of the conventions for generative AI", () => {
    const params = { max_tokens: 5, temperature: 0, stream: true, stop: ["secret"], messages: ["secret"] };
    const described = describeCall({ ...call, target: "/v1/chat/completions?x=secret", params });
    expect(described).toEqual({
      name: "chat qwen",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "hearth",
        "gen_ai.request.model": "qwen",
        "gen_ai.request.max_tokens": 5,
        "gen_ai.request.temperature": 0,
        "gen_ai.request.stream": true,
        "http.request.method": "POST",
        "server.address": "gpu",
        "server.port": 8080,
      },
    });
    expect(describeCall({ ...call, target: "/v1/embeddings" }).name).toBe("embeddings qwen");
    expect(describeCall({ ...call, target: "/no/such/operation" }).name).toBe("POST");
  });

  test("tells how it ended", () => {
    const usage = { input: 3, output: undefined };
    expect(describeResult({ status: 200, error: undefined, usage, firstTokenMs: 20 })).toEqual({
      "http.response.status_code": 200,
      "gen_ai.usage.input_tokens": 3,
      "gen_ai.response.time_to_first_chunk": 0.02,
    });
    const bare = { usage: undefined, firstTokenMs: undefined };
    expect(describeResult({ ...bare, status: 404, error: undefined })["error.type"]).toBe("404");
    const error = new HearthError("upstream-broken", "gone");
    expect(describeResult({ ...bare, status: 200, error })["error.type"]).toBe("upstream-broken");
  });
});
