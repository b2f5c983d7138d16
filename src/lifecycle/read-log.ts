import { closeSync, openSync, readSync } from "node:fs";
import { LEVEL_RANK } from "./log-line.ts";
import type { LogLevel } from "./log-line.ts";

const CHUNK_BYTES = 64 * 1024;

/** A line of the log. `request` lines have the fields of `RequestEntry` (`ms` for the duration), others `message`. */
export interface LogRecord {
  /** ISO time. */
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
  /** The id of the request that it is about. */
  readonly id?: string | undefined;
  readonly message?: string | undefined;
  readonly [field: string]: unknown;
}

/** Which lines to give; all that is set must hold. */
export interface LogFilter {
  /** Milliseconds since the epoch: this and later. */
  readonly sinceMs?: number | undefined;
  /** This level and above. */
  readonly level?: LogLevel | undefined;
  readonly requestId?: string | undefined;
}

/**
 * The lines of the rotated file and the current one, oldest first, in bounded memory. A missing file counts as empty; a
 * line that isn't whole or isn't ours is left out.
 */
export function* readLog(path: string, filter: LogFilter = {}): Generator<LogRecord> {
  for (const file of [`${path}.1`, path]) {
    for (const line of readLines(file)) {
      const record = parseLogLine(line);
      if (record !== undefined && passes(record, filter)) yield record;
    }
  }
}

/** The last of some records, in bounded memory. */
export function lastOf(records: Iterable<LogRecord>, count: number): LogRecord[] {
  const last: LogRecord[] = [];
  for (const record of records) {
    last.push(record);
    if (last.length > 2 * count) last.splice(0, last.length - count);
  }
  return count === 0 ? [] : last.slice(-count);
}

/** The record in one line, or undefined when it holds none. */
export function parseLogLine(line: string): LogRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as Partial<LogRecord>;
    const isWhole =
      typeof value.time === "string" && typeof value.event === "string" && String(value.level) in LEVEL_RANK;
    return isWhole ? (value as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** True when a filter lets a record through. */
export function passes(record: LogRecord, filter: LogFilter): boolean {
  if (filter.requestId !== undefined && record.id !== filter.requestId) return false;
  if (filter.level !== undefined && LEVEL_RANK[record.level] < LEVEL_RANK[filter.level]) return false;
  return filter.sinceMs === undefined || Date.parse(record.time) >= filter.sinceMs;
}

/** Text of a growing file as whole lines; what follows the last "\n" waits for the next piece. */
export function createLineSplitter(): (bytes: Uint8Array) => string[] {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    return lines;
  };
}

function* readLines(path: string): Generator<string> {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    const split = createLineSplitter();
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return;
      yield* split(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** A descriptor for reading, or undefined when there is no such file. */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
