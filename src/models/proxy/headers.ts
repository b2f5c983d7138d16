import { isPassedHeader } from "./foreign-content.ts";

/** Headers of one connection alone (RFC 9110, 7.6.1), and those that are made anew. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const OWN_REQUEST = new Set(["host", "content-length", "expect", "accept-encoding"]);

/** Our own headers say who called and how; a server of others has no use for them. */
const OURS = "x-hearth-";

export interface RequestHeaderOptions {
  /** The key was meant for hearth: it is not passed on. */
  readonly dropsKey: boolean;
  /** Pass on what the client can decode; else the server is asked not to compress, so that its answer can be read. */
  readonly keepsEncoding: boolean;
}

/** The headers of a request as they go on to the server. */
export function requestHeaders(headers: Headers, options: RequestHeaderOptions): Record<string, string> {
  const named = namedByConnection(headers.get("connection"));
  const kept: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (HOP_BY_HOP.has(name) || OWN_REQUEST.has(name) || named.has(name) || name.startsWith(OURS)) return;
    if (options.dropsKey && (name === "authorization" || name === "x-api-key")) return;
    kept[name] = value;
  });
  const accepted = headers.get("accept-encoding");
  kept["accept-encoding"] = options.keepsEncoding ? (accepted ?? "identity") : "identity";
  return kept;
}

/** The headers of an answer that go back to the client, as they came; `disarm` makes them safe. */
export function responseHeaders(rawHeaders: readonly string[]): Headers {
  const named = namedByConnection(connectionOf(rawHeaders));
  const kept = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!isPassedHeader(name) || named.has(name)) continue;
    try {
      kept.append(name, rawHeaders[i + 1] as string);
    } catch {
      // A value that no header may have: the rest of the answer is worth more.
    }
  }
  return kept;
}

function connectionOf(rawHeaders: readonly string[]): string | null {
  const index = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === "connection");
  return index === -1 ? null : (rawHeaders[index + 1] ?? null);
}

function namedByConnection(value: string | null): ReadonlySet<string> {
  if (value === null) return NONE;
  return new Set(value.toLowerCase().split(/[\s,]+/));
}

const NONE: ReadonlySet<string> = new Set();
