import type { Attributes } from "@opentelemetry/api";
import type { CallFacts } from "../models/proxy/gateway.ts";
import type { CallResult } from "../models/proxy/model-call.ts";

/** What OpenTelemetry's conventions call the operations. */
const OPERATIONS: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/responses": "chat",
  "/v1/messages": "chat",
  "/v1/completions": "text_completion",
  "/completion": "text_completion",
  "/infill": "text_completion",
  "/v1/embeddings": "embeddings",
};

/** Parameters of requests in their APIs, and as attributes. Texts are left out: they are the caller's. */
const PARAMETERS: readonly (readonly [param: string, attribute: string])[] = [
  ["max_tokens", "max_tokens"],
  ["max_completion_tokens", "max_tokens"],
  ["max_output_tokens", "max_tokens"],
  ["n_predict", "max_tokens"],
  ["temperature", "temperature"],
  ["top_p", "top_p"],
  ["top_k", "top_k"],
  ["seed", "seed"],
  ["frequency_penalty", "frequency_penalty"],
  ["presence_penalty", "presence_penalty"],
];

/**
 * Name and attributes of a call's span, by the conventions for generative AI (a model that is asked for text or vectors)
 * and for HTTP clients.
 *
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
export function describeCall({ baseUrl, method, model, params = {}, target }: CallFacts): {
  readonly name: string;
  readonly attributes: Attributes;
} {
  const operation = OPERATIONS[target.split("?")[0] ?? ""];
  const attributes: Attributes = {
    "gen_ai.provider.name": "hearth",
    "gen_ai.request.model": model,
    "http.request.method": method,
    ...addressOf(baseUrl),
  };
  if (operation !== undefined) attributes["gen_ai.operation.name"] = operation;
  if (params["stream"] === true) attributes["gen_ai.request.stream"] = true;
  for (const [param, attribute] of PARAMETERS) {
    const value = params[param];
    if (typeof value === "number") attributes[`gen_ai.request.${attribute}`] = value;
  }
  return { name: operation === undefined ? method : `${operation} ${model}`, attributes };
}

/** Attributes of what came back. */
export function describeResult({ error, firstTokenMs, status, usage }: CallResult): Attributes {
  const failure = error?.code ?? (status !== undefined && status >= 400 ? String(status) : undefined);
  return {
    ...(status === undefined ? {} : { "http.response.status_code": status }),
    ...(failure === undefined ? {} : { "error.type": failure }),
    ...(usage?.input === undefined ? {} : { "gen_ai.usage.input_tokens": usage.input }),
    ...(usage?.output === undefined ? {} : { "gen_ai.usage.output_tokens": usage.output }),
    ...(firstTokenMs === undefined ? {} : { "gen_ai.response.time_to_first_chunk": firstTokenMs / 1000 }),
  };
}

function addressOf(baseUrl: string): Attributes {
  if (!URL.canParse(baseUrl)) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  return { "server.address": hostname, "server.port": number };
}
