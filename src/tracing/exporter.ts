import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";

/** An exporter whose first failure of a row is told; the collector's absence concerns nobody else. */
export class ToldExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #onFailure: (reason: string) => void;
  #isFailing = false;

  constructor(inner: SpanExporter, onFailure: (reason: string) => void) {
    this.#inner = inner;
    this.#onFailure = onFailure;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#inner.export(spans, (result) => {
      const isFailing = result.code !== ExportResultCode.SUCCESS;
      if (isFailing && !this.#isFailing) this.#onFailure(result.error?.message ?? "unknown");
      this.#isFailing = isFailing;
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#inner.shutdown();
  }
}

/** OTLP over HTTP; where to, with which headers and certificates, the library reads from its variables. */
export async function otlpExporter(protocol: "http/protobuf" | "http/json"): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}
