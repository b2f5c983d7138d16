import { join } from "node:path";
import { PROJECT } from "./targets.ts";

/** A span as a collector receives it. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0: unset, 2: error. */
  readonly status: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Of what sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A real receiver of OTLP over HTTP on a port that the system chose. */
export interface Collector {
  readonly url: string;
  /** Content types of what came. */
  readonly types: ReadonlySet<string>;
  readonly headers: readonly Headers[];
  /** All spans so far, in the order of their coming. */
  spans(): Promise<readonly ReceivedSpan[]>;
  stop(): void;
}

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes?: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** Starts a collector. `python` reads protobuf by OpenTelemetry's own messages. */
export function startCollector(python?: string): Collector {
  const bodies: { readonly type: string; readonly bytes: Uint8Array }[] = [];
  const headers: Headers[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.method !== "POST" || new URL(request.url).pathname !== "/v1/traces") {
        return new Response(null, { status: 404 });
      }
      headers.push(request.headers);
      bodies.push({ type: request.headers.get("content-type") ?? "", bytes: await request.bytes() });
      return Response.json({});
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    headers,
    get types() {
      return new Set(bodies.map(({ type }) => type));
    },
    async spans() {
      const read = bodies.map(async ({ bytes, type }) =>
        spansIn(type === "application/json" ? decode(bytes) : await readProtobuf(python as string, bytes)),
      );
      return (await Promise.all(read)).flat();
    },
    stop: () => void server.stop(true),
  };
}

function decode(bytes: Uint8Array): OtlpRequest {
  return JSON.parse(new TextDecoder().decode(bytes)) as OtlpRequest;
}

async function readProtobuf(python: string, bytes: Uint8Array): Promise<OtlpRequest> {
  const script = join(PROJECT, "tests/contract/parse_spans.py");
  const child = Bun.spawn([python, script], { stdin: bytes, stderr: "inherit" });
  return JSON.parse(await new Response(child.stdout).text()) as OtlpRequest;
}

function spansIn({ resourceSpans }: OtlpRequest): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId === "" ? undefined : span.parentSpanId,
        attributes: valuesOf(span.attributes ?? []),
        status: span.status?.code ?? 0,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        resource: valuesOf(resource.attributes),
      })),
    ),
  );
}

function valuesOf(attributes: readonly OtlpAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value: { boolValue, doubleValue, intValue, stringValue } }) => [
      key,
      stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue)),
    ]),
  );
}
