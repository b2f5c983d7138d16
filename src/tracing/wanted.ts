import type { Tracing } from "./types.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether spans go somewhere, how they are written, and what speaks against it. */
export type TracingWish =
  | { readonly kind: "off" }
  | { readonly kind: "impossible"; readonly reason: string }
  | { readonly kind: "on"; readonly protocol: "http/protobuf" | "http/json" };

/**
 * What OpenTelemetry's variables ask for. Unlike its SDKs hearth sends nothing unless an endpoint is named.
 *
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function tracingWish(environment: Environment): TracingWish {
  const value = (name: string) => environment[name]?.trim() ?? "";
  const endpoint = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || value("OTEL_EXPORTER_OTLP_ENDPOINT");
  const isDisabled = value("OTEL_SDK_DISABLED").toLowerCase() === "true";
  const exporters = (value("OTEL_TRACES_EXPORTER") || "otlp").split(",").map((name) => name.trim());
  if (endpoint === "" || isDisabled || exporters.includes("none")) return { kind: "off" };
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    return {
      kind: "impossible",
      reason: "the endpoint of OpenTelemetry's variables is no http or https URL",
    };
  }
  if (!exporters.includes("otlp")) {
    return {
      kind: "impossible",
      reason: `OTEL_TRACES_EXPORTER is ${exporters.join(",")}; hearth knows otlp`,
    };
  }
  const protocol =
    value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") || value("OTEL_EXPORTER_OTLP_PROTOCOL") || "http/protobuf";
  if (protocol === "http/protobuf" || protocol === "http/json") return { kind: "on", protocol };
  return {
    kind: "impossible",
    reason: `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}; hearth knows http/protobuf and http/json`,
  };
}

/**
 * Begins to trace where the environment asks for it; OpenTelemetry's libraries are loaded only then.
 *
 * @param onNotice told of what only a log can tell
 */
export async function startTracing(
  environment: Environment,
  onNotice: (message: string, details: Readonly<Record<string, unknown>>) => void,
): Promise<Tracing | undefined> {
  const wish = tracingWish(environment);
  if (wish.kind === "off") return undefined;
  if (wish.kind === "impossible") {
    onNotice("requests are not traced", { reason: wish.reason });
    return undefined;
  }
  try {
    const { createTracing } = await import("./tracing.ts");
    return await createTracing(wish.protocol, onNotice);
  } catch (error) {
    // Whoever calls the server wants an answer, not a trace.
    onNotice("requests are not traced", { reason: String(error) });
    return undefined;
  }
}
