import { BASE } from "./base.ts";
import { credential } from "./credential.ts";

/** A request that was refused or failed, in hearth's words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly requestId: string;

  constructor(status: number, body: Record<string, unknown>, requestId: string) {
    const nested = (body["error"] ?? {}) as Record<string, unknown>; // OpenAI's shape
    super(text(body["error_message"]) || text(nested["message"]) || `The server answered ${status}`);
    this.status = status;
    this.code = text(body["code"]) || text(nested["code"]);
    this.hint = text(body["hint"]);
    this.requestId = requestId;
  }
}

export interface CallOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** It only looks: the server may fall asleep meanwhile. */
  readonly isWatching?: boolean;
}

/** Calls the server. Throws `ApiError` for a refusal, and what `fetch` throws where nobody answers. */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  const { body, isWatching = false, method = body === undefined ? "GET" : "POST", signal } = options;
  const secret = credential();
  const response = await fetch(BASE + path, {
    method,
    headers: {
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(isWatching ? { "x-hearth-watch": "1" } : {}),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  throw new ApiError(response.status, await bodyOf(response), response.headers.get("x-request-id") ?? "");
}

/** An answer's JSON. */
export async function json<T>(path: string, options?: CallOptions): Promise<T> {
  return (await (await call(path, options)).json()) as T;
}

/** The same for what is only looked at. */
export async function look<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await json<T>(path, { isWatching: true, ...(signal === undefined ? {} : { signal }) });
}

/** A name in a path: its slashes stay. */
export function inPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
