/**
 * Every failure that hearth names, once: its code, the HTTP status, the command line's exit code and the Python
 * class name that lynguine's client would see. Statuses follow RFC 9110; class names follow lynguine's server.
 */
const FAULTS = {
  // The request itself
  "request-invalid": { status: 400, exitCode: 1, errorType: "ValueError" },
  "json-invalid": { status: 400, exitCode: 1, errorType: "JSONDecodeError" },
  "type-unknown": { status: 400, exitCode: 1, errorType: "ValueError" },
  "format-unknown": { status: 400, exitCode: 1, errorType: "ValueError" },
  "column-unknown": { status: 400, exitCode: 1, errorType: "KeyError" },
  "not-supported": { status: 422, exitCode: 1, errorType: "NotImplementedError" },
  "endpoint-unknown": { status: 404, exitCode: 1, errorType: "ValueError" },
  "method-not-allowed": { status: 405, exitCode: 1, errorType: "ValueError" },
  "body-timeout": { status: 408, exitCode: 1, errorType: "TimeoutError" },
  "body-too-large": { status: 413, exitCode: 1, errorType: "ValueError" },
  "media-type-unsupported": { status: 415, exitCode: 1, errorType: "ValueError" },

  // Who is asking
  unauthorized: { status: 401, exitCode: 1, errorType: "PermissionError" },
  "host-refused": { status: 403, exitCode: 1, errorType: "PermissionError" },
  "origin-refused": { status: 403, exitCode: 1, errorType: "PermissionError" },
  /** A process of another user on this machine, or one whose user the system does not tell. */
  "other-user": { status: 403, exitCode: 1, errorType: "PermissionError" },
  /** The caller's key has no right to this endpoint or model. */
  "key-forbidden": { status: 403, exitCode: 1, errorType: "PermissionError" },
  "owner-only": { status: 403, exitCode: 1, errorType: "PermissionError" },

  // Files
  "no-root": { status: 403, exitCode: 1, errorType: "PathEscapeError" },
  "path-outside": { status: 403, exitCode: 1, errorType: "PathEscapeError" },
  "path-protected": { status: 403, exitCode: 1, errorType: "PathEscapeError" },
  /** A guest may not write a file of this name or kind, or no file at all. */
  "write-refused": { status: 403, exitCode: 1, errorType: "PermissionError" },
  /** This system offers no safe way to write or list for guests. */
  "guest-writes-unavailable": { status: 403, exitCode: 1, errorType: "PermissionError" },
  "permission-denied": { status: 403, exitCode: 1, errorType: "PermissionError" },
  "file-not-found": { status: 404, exitCode: 1, errorType: "FileNotFoundError" },
  "file-changed": { status: 409, exitCode: 1, errorType: "OSError" },
  "not-a-file": { status: 422, exitCode: 1, errorType: "IsADirectoryError" },
  "disk-full": { status: 422, exitCode: 1, errorType: "OSError" },
  "file-failed": { status: 422, exitCode: 1, errorType: "OSError" },

  // Data
  "data-invalid": { status: 400, exitCode: 1, errorType: "ValueError" },
  "data-empty": { status: 400, exitCode: 1, errorType: "EmptyDataError" },
  "encoding-invalid": { status: 400, exitCode: 1, errorType: "UnicodeDecodeError" },
  "data-too-large": { status: 422, exitCode: 1, errorType: "MemoryError" },
  /** A reader process took longer than `readTimeout`. */
  "read-timeout": { status: 422, exitCode: 1, errorType: "TimeoutError" },
  /** hearth can't start a reader process. */
  "reader-unavailable": { status: 503, exitCode: 1, errorType: "RuntimeError" },

  // Sessions: lynguine answers each of its own KeyErrors with 404
  "session-unknown": { status: 404, exitCode: 1, errorType: "KeyError" },
  "cell-unknown": { status: 404, exitCode: 1, errorType: "KeyError" },
  "cell-read-only": { status: 404, exitCode: 1, errorType: "KeyError" },
  "sessions-full": { status: 429, exitCode: 1, errorType: "ValueError" },

  // Compute
  "operation-unknown": { status: 404, exitCode: 1, errorType: "ValueError" },
  /** A function of the operator's own threw, or gave what is no data. */
  "function-failed": { status: 422, exitCode: 1, errorType: "RuntimeError" },
  "query-invalid": { status: 400, exitCode: 1, errorType: "ValueError" },
  "query-refused": { status: 403, exitCode: 1, errorType: "PermissionError" },
  "query-failed": { status: 422, exitCode: 1, errorType: "ValueError" },
  "memory-limit": { status: 422, exitCode: 1, errorType: "MemoryError" },
  "time-limit": { status: 422, exitCode: 1, errorType: "TimeoutError" },
  /** Nothing was wrong with this query: it may be asked again. */
  "engine-stopped": { status: 503, exitCode: 1, errorType: "RuntimeError" },
  "page-missing": { status: 503, exitCode: 1, errorType: "RuntimeError" },
  "engine-unavailable": { status: 503, exitCode: 1, errorType: "RuntimeError" },

  // Models; statuses as OpenAI's own API has them
  "model-unknown": { status: 404, exitCode: 1, errorType: "KeyError" },
  "model-unavailable": { status: 503, exitCode: 1, errorType: "RuntimeError" },
  "queue-full": { status: 429, exitCode: 1, errorType: "RuntimeError" },
  "queue-timeout": { status: 429, exitCode: 1, errorType: "TimeoutError" },
  "upstream-broken": { status: 502, exitCode: 1, errorType: "ConnectionError" },
  "upstream-timeout": { status: 504, exitCode: 1, errorType: "TimeoutError" },
  "bench-failed": { status: 422, exitCode: 1, errorType: "RuntimeError" },

  // The server's life
  "request-unknown": { status: 404, exitCode: 1, errorType: "KeyError" },
  "too-busy": { status: 429, exitCode: 1, errorType: "RuntimeError" },
  "server-stopping": { status: 503, exitCode: 1, errorType: "RuntimeError" },
  /** The caller went away; nobody reads this answer, it only names the reason in the log. */
  "request-cancelled": { status: 499, exitCode: 1, errorType: "RuntimeError" },
  internal: { status: 500, exitCode: 1, errorType: "RuntimeError" },

  // Configuration, start and the command line; these reach people, not the wire
  usage: { status: 400, exitCode: 2, errorType: "ValueError" },
  "config-invalid": { status: 422, exitCode: 1, errorType: "ValueError" },
  "port-taken": { status: 409, exitCode: 1, errorType: "OSError" },
  "address-invalid": { status: 422, exitCode: 1, errorType: "OSError" },
  "state-unusable": { status: 422, exitCode: 1, errorType: "OSError" },
  "start-failed": { status: 503, exitCode: 1, errorType: "RuntimeError" },
  "stop-failed": { status: 422, exitCode: 1, errorType: "RuntimeError" },
  "service-failed": { status: 422, exitCode: 1, errorType: "OSError" },
  "server-incompatible": { status: 409, exitCode: 1, errorType: "RuntimeError" },
  "server-unreachable": { status: 503, exitCode: 3, errorType: "ConnectionError" },
  "connection-broken": { status: 502, exitCode: 1, errorType: "ConnectionError" },
  "maybe-written": { status: 502, exitCode: 1, errorType: "ConnectionError" },
  /** Where new versions are announced. */
  "registry-unreachable": { status: 502, exitCode: 1, errorType: "ConnectionError" },
  "response-timeout": { status: 504, exitCode: 1, errorType: "TimeoutError" },
} as const satisfies Record<string, { status: number; exitCode: 1 | 2 | 3; errorType: string }>;

/** hearth's own stable name for a failure, in kebab case. */
export type FaultCode = keyof typeof FAULTS;

export interface HearthErrorOptions {
  /** What the reader can do now, as a sentence. */
  hint?: string;
  /** The failure below this one; goes to the log, never to a caller. */
  cause?: unknown;
  /** The Python class name on lynguine's wire, where it differs from the code's usual one. */
  errorType?: string;
  /** The status that a server answered, where it differs from the code's own: a code of a newer hearth. */
  status?: number;
  /** When to ask again, for an answer of 429 or 503. */
  retryAfterSeconds?: number;
  /** The request that failed, as the server's log names it. */
  requestId?: string;
}

/**
 * The one error that domain code throws. `routes/render-error.ts` turns it into an HTTP answer and `src/cli/report-error.ts`
 * into two lines on stderr; nobody else renders it.
 *
 * @example throw new HearthError("file-not-found", `No file "${name}"`, { hint: "Check the name." });
 */
export class HearthError extends Error {
  override readonly name = "HearthError";
  readonly code: FaultCode;
  readonly hint: string | undefined;
  readonly errorType: string;
  readonly requestId: string | undefined;
  /** When to ask again; undefined: whenever. */
  readonly retryAfterSeconds: number | undefined;
  readonly #status: number | undefined;

  constructor(code: FaultCode, message: string, options: HearthErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.errorType = options.errorType ?? FAULTS[code].errorType;
    this.requestId = options.requestId;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.#status = options.status;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return this.#status ?? FAULTS[this.code].status;
  }

  /** Exit code of the command line: 1 failed or refused, 2 wrong usage, 3 no server. */
  get exitCode(): 1 | 2 | 3 {
    return FAULTS[this.code].exitCode;
  }
}

/** True when `code` is one of hearth's own; used to read a code that came over the wire. */
export function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === "string" && Object.hasOwn(FAULTS, code);
}

/** What to do, by code, in the words of who answers; `EMBEDDED_HINTS` is one. */
export type Hints = Readonly<Partial<Record<FaultCode, string>>>;

/** The error with its hint in other words; one that has no hint, or whose code has no other words, as it is. */
export function reworded(error: HearthError, hints: Hints): HearthError {
  const hint = hints[error.code];
  if (hint === undefined || error.hint === undefined) return error;
  const { code, message, cause, errorType, status, requestId, retryAfterSeconds } = error;
  return new HearthError(code, message, { hint, cause, errorType, status, requestId, retryAfterSeconds });
}
