import { type FaultCode, HearthError, isFaultCode } from "../errors.ts";

/** The error body of hearth's endpoints, of its OpenAI-compatible ones, and of lynguine's field endpoints. */
interface WireError {
  readonly error_message?: unknown;
  readonly code?: unknown;
  readonly hint?: unknown;
  readonly request_id?: unknown;
  readonly error?: unknown;
}

/**
 * The error that an answer of 400 or above tells, as a domain function would have thrown it here. A code that this
 * version doesn't know (a newer server) keeps its message and status.
 */
export async function decodeError(response: Response): Promise<HearthError> {
  const text = await response.text().catch(() => "");
  const body = parseBody(text);
  const message = messageOf(body) ?? `The server answered ${response.status}${excerpt(text)}`;
  const inner = innerOf(body);
  const code = body.code ?? (inner.code === "model_not_found" ? "model-unknown" : inner.code);
  return new HearthError(isFaultCode(code) ? code : codeFor(response.status), message, {
    hint: textOf(body.hint ?? inner.hint),
    status: response.status,
    requestId:
      textOf(body.request_id ?? inner.request_id) ?? response.headers.get("x-request-id") ?? undefined,
  });
}

function parseBody(text: string): WireError {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** OpenAI's shape has everything one level deeper. */
function innerOf({ error }: WireError): WireError {
  return typeof error === "object" && error !== null ? error : {};
}

function messageOf(body: WireError): string | undefined {
  const inner = body.error;
  const nested = typeof inner === "object" && inner !== null && "message" in inner ? inner.message : inner;
  return textOf(body.error_message) ?? textOf(nested);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function codeFor(status: number): FaultCode {
  if (status === 401) return "unauthorized";
  if (status === 404) return "endpoint-unknown";
  return status >= 500 ? "internal" : "request-invalid";
}

/** What somebody else's server said (a proxy, another program on the port), short enough for one line. */
function excerpt(text: string): string {
  const line = text.replaceAll(/<[^>]*>|\s+/g, " ").trim();
  return line === "" ? "" : `: ${line.slice(0, 200)}`;
}
