import { BASE } from "./base.ts";
import { bearer, ChallengeRefused, forgetSession } from "./session.ts";

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

/**
 * Calls the server. Throws `ApiError` for a refusal, `StrangerError` where another program answers at its address, and what
 * `fetch` throws where there is no answer.
 */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  try {
    const response = await send(path, await bearer(), options);
    // The token of a server that has restarted meanwhile; no request was begun.
    const isOld = response.status === 401 && forgetSession();
    return await answer(isOld ? await send(path, await bearer(), options) : response);
  } catch (error) {
    if (error instanceof ChallengeRefused) return await answer(error.response);
    // Nothing answered: the program that answers next has to prove that it is the server.
    if (!(error instanceof ApiError)) forgetSession();
    throw error;
  }
}

async function send(path: string, token: string | undefined, options: CallOptions): Promise<Response> {
  const { body, isWatching = false, method = body === undefined ? "GET" : "POST", signal } = options;
  return await fetch(BASE + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(isWatching ? { "x-hearth-watch": "1" } : {}),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function answer(response: Response): Promise<Response> {
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
