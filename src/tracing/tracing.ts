import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { getNumberFromEnv, getStringFromEnv, W3CTraceContextPropagator } from "@opentelemetry/core";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { HearthError } from "../errors.ts";
import type { CallSpan } from "../models/proxy/model-call.ts";
import { VERSION } from "../version.ts";
import { describeCall, describeResult } from "./call-attributes.ts";
import { otlpExporter, ToldExporter } from "./exporter.ts";
import { samplerFor } from "./sampler.ts";
import type { RequestFacts, RequestSpan, Tracing } from "./types.ts";

type OnNotice = (message: string, details: Readonly<Record<string, unknown>>) => void;

const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

const PROPAGATOR = new W3CTraceContextPropagator();

/**
 * Spans of requests by OpenTelemetry's own SDK. Nothing is registered globally: a program that traces itself is not
 * touched, and two hearths in a process are two.
 */
export async function createTracing(
  protocol: "http/protobuf" | "http/json",
  onNotice: OnNotice,
): Promise<Tracing> {
  const exporter = new ToldExporter(await otlpExporter(protocol), (reason) =>
    onNotice("spans could not be sent", { reason }),
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "hearth",
      "service.version": VERSION,
      "process.pid": process.pid,
    }).merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerFor(getStringFromEnv("OTEL_TRACES_SAMPLER"), getStringFromEnv("OTEL_TRACES_SAMPLER_ARG")),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: getNumberFromEnv("OTEL_BSP_SCHEDULE_DELAY") ?? 5000,
        maxQueueSize: getNumberFromEnv("OTEL_BSP_MAX_QUEUE_SIZE") ?? 2048,
        maxExportBatchSize: getNumberFromEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") ?? 512,
        exportTimeoutMillis: getNumberFromEnv("OTEL_BSP_EXPORT_TIMEOUT") ?? 30_000,
      }),
    ],
  });
  const tracer = provider.getTracer("hearthd", VERSION);
  return {
    begin: (request) => new OtelRequestSpan(tracer, request),
    // What can't be sent has been told.
    close: () => provider.shutdown().catch(() => {}),
  };
}

/** A server span by the conventions for HTTP. The path is left out: it may hold a caller's text. */
class OtelRequestSpan implements RequestSpan {
  readonly #tracer: Tracer;
  readonly #span: Span;
  #holds = 1;

  constructor(tracer: Tracer, { header, method: given, requestId, route }: RequestFacts) {
    this.#tracer = tracer;
    const method = METHODS.has(given) ? given : "_OTHER";
    const isKnown = route !== "unknown";
    const parent = PROPAGATOR.extract(ROOT_CONTEXT, header, HEADERS);
    this.#span = tracer.startSpan(
      `${method === "_OTHER" ? "HTTP" : method}${isKnown ? ` ${route}` : ""}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          "http.request.method": method,
          "url.scheme": "http",
          "hearth.request_id": requestId,
          ...(isKnown ? { "http.route": route } : {}),
        },
      },
      parent,
    );
  }

  beginCall(call: Parameters<RequestSpan["beginCall"]>[0]): CallSpan {
    const { attributes, name } = describeCall(call);
    const own = trace.setSpan(ROOT_CONTEXT, this.#span);
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, own);
    const headers: Record<string, string> = {};
    PROPAGATOR.inject(trace.setSpan(ROOT_CONTEXT, span), headers, CARRIER);
    return {
      headers,
      end(result) {
        const described = describeResult(result);
        span.setAttributes(described);
        if (described["error.type"] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  hold(): () => void {
    this.#holds += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#letGo();
    };
  }

  answered(status: number, error: HearthError | undefined): void {
    this.#span.setAttribute("http.response.status_code", status);
    // A refused request is no failure of the server: by the conventions its status stays unset.
    if (status >= 500) {
      this.#span.setAttribute("error.type", error?.code ?? String(status));
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    } else if (error !== undefined) this.#span.setAttribute("hearth.error_code", error.code);
    this.#letGo();
  }

  #letGo(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#span.end();
  }
}

/** Reads headers through the guard's own quick way to them. */
const HEADERS = {
  get: (header: RequestFacts["header"], name: string) => header(name) ?? undefined,
  keys: () => [],
};

const CARRIER = {
  set(headers: Record<string, string>, name: string, value: string) {
    headers[name] = value;
  },
};
