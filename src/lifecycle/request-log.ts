import { createLogFile } from "./log-file.ts";
import { tellListeners } from "./tell-listeners.ts";
import { errorDetails, eventLine, levelOf, LEVEL_RANK, requestLine } from "./log-line.ts";
import type { LogLevel, RequestEntry } from "./log-line.ts";

/** What of a log can be changed while the server runs; the `log` of the settings. */
export interface RequestLogSettings {
  /** Lines below this level are left out. */
  readonly level: LogLevel;
  /** A line for each request. */
  readonly requests: boolean;
  /** Bytes after which the file is rotated; one older file is kept. */
  readonly maxBytes: number;
}

/** The server's structured log: a JSON object a line. */
export interface RequestLog {
  /** Notes an answered request; well below a microsecond and no system call. */
  request(entry: RequestEntry): void;
  /** Notes anything else that happened. `details` must hold no secret. */
  event(level: "debug" | "info" | "warn" | "error", message: string, details?: Record<string, unknown>): void;
  /** Notes a failure with its stack and causes, under the id of the request that it broke, if it was one. */
  error(message: string, error: unknown, requestId?: string): void;
  /** Lines that could not be written. */
  readonly droppedLines: number;
  configure(settings: RequestLogSettings): void;
  /** Calls `listener` with every line from now on; what it gives ends that. */
  follow(listener: (line: string) => void): () => void;
  /** Writes what is pending, now: for the moment before an exit. */
  flush(): void;
  close(): void;
}

/** A log in the file `path`; the file comes into being with the first line. Its folder must exist. */
export function createRequestLog(
  path: string,
  settings: RequestLogSettings,
  now: () => number = Date.now,
): RequestLog {
  const file = createLogFile(path, settings.maxBytes);
  let minRank = LEVEL_RANK[settings.level];
  let hasRequests = settings.requests;
  const listeners = new Set<(line: string) => void>();

  function append(line: string): void {
    file.append(line);
    tellListeners(listeners, line);
  }

  function event(level: "debug" | "info" | "warn" | "error", message: string, details = {}): void {
    if (LEVEL_RANK[level] >= minRank) append(eventLine(level, message, details, now()));
  }

  return {
    request(entry) {
      if (hasRequests && LEVEL_RANK[levelOf(entry.status)] >= minRank) {
        append(requestLine(entry, now()));
      }
    },
    event,
    error(message, error, requestId) {
      event("error", message, { id: requestId, error: errorDetails(error) });
    },
    get droppedLines() {
      return file.droppedLines;
    },
    configure(changed) {
      minRank = LEVEL_RANK[changed.level];
      hasRequests = changed.requests;
      file.setMaxBytes(changed.maxBytes);
    },
    follow(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    flush: () => file.flush(),
    close: () => file.close(),
  };
}
