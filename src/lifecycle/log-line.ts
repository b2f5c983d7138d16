/** How much a line matters; "silent" lets none through. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Order of the levels. */
export const LEVEL_RANK: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  silent: 4,
};

/** One answered request, for its line. */
export interface RequestEntry {
  /** The request id of its answer. */
  readonly id: string;
  readonly method: string;
  /** The route's pattern; no caller's text, so no secret of theirs. */
  readonly route: string;
  readonly status: number;
  /** Milliseconds from the request's head to the end of the answer. */
  readonly durationMs: number;
  /** Milliseconds to the answer's head; left out of the line where that was the whole answer. */
  readonly headMs?: number | undefined;
  /** The status of the head, where what came later made another of it. */
  readonly sentStatus?: number | undefined;
  readonly caller: "owner" | "guest";
  /** Bytes of the answer's body, where known. */
  readonly bytes?: number | undefined;
  /** hearth's code of the failure. */
  readonly code?: string | undefined;
}

/** The caller's mistakes are warnings, ours are errors. */
export function levelOf(status: number): "info" | "warn" | "error" {
  if (status < 400) return "info";
  return status < 500 ? "warn" : "error";
}

/**
 * The line of a request, ending with "\n". Put together by hand: `toISOString` and `JSON.stringify` would cost more than
 * the rest of a small request.
 */
export function requestLine(entry: RequestEntry, timeMs: number): string {
  let line =
    `{"time":"${isoTime(timeMs)}","level":"${levelOf(entry.status)}","event":"request","id":${quote(entry.id)}` +
    `,"method":${quote(entry.method)},"route":${quote(entry.route)},"status":${entry.status}` +
    `,"ms":${Math.round(entry.durationMs * 1000) / 1000},"caller":"${entry.caller}"`;
  const { headMs, sentStatus } = entry;
  if (headMs !== undefined && headMs !== entry.durationMs)
    line += `,"headMs":${Math.round(headMs * 1000) / 1000}`;
  if (sentStatus !== undefined && sentStatus !== entry.status) line += `,"sentStatus":${sentStatus}`;
  if (entry.bytes !== undefined) line += `,"bytes":${entry.bytes}`;
  if (entry.code !== undefined) line += `,"code":${quote(entry.code)}`;
  return `${line}}\n`;
}

/** The line of an event that isn't a request, ending with "\n". */
export function eventLine(
  level: LogLevel,
  message: string,
  details: Readonly<Record<string, unknown>>,
  timeMs: number,
): string {
  const fields = { time: isoTime(timeMs), level, event: "message", message, ...details };
  return `${JSON.stringify(fields, replaceValue)}\n`;
}

/**
 * What is worth keeping of something thrown: name, message, code, stack, and the same of its causes. Never throws, though
 * anything can be thrown: a proxy, an object whose `toString` fails, an error whose message is a structure.
 */
export function errorDetails(error: unknown): Record<string, unknown> {
  try {
    return detailsOf(error, 0);
  } catch {
    return { message: "something that can't be shown was thrown" };
  }
}

function detailsOf(error: unknown, depth: number): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code: unknown = (error as { code?: unknown }).code;
  const details: Record<string, unknown> = { name: String(name), message: String(message) };
  if (stack !== undefined) details["stack"] = String(stack);
  if (typeof code === "string") details["code"] = code;
  if (cause !== undefined && depth < 4) details["cause"] = detailsOf(cause, depth + 1);
  return details;
}

function replaceValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

let cachedSecond = -1;
let cachedPrefix = "";

/** ISO time with milliseconds; the part up to the second is made once a second. */
function isoTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 20);
  }
  const milliseconds = Math.floor(timeMs - second * 1000);
  return `${cachedPrefix}${milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""}${milliseconds}Z`;
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f\u007f-\uffff]/;

function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}
