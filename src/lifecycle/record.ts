import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Who started a server: only what a client auto-started may be replaced by a client. */
export type StartedHow = "by-hand" | "auto" | "service";

/** What a running server writes about itself. It informs; whether the server lives, only its address tells. */
export interface InstanceRecord {
  readonly pid: number;
  /** `ProcessIdentity.startedAt` of that process. */
  readonly startedAt: string | undefined;
  readonly host: string;
  /** The real port, also where the system chose it; undefined when it listens on none. */
  readonly port: number | undefined;
  readonly socketPath: string;
  /** `RunningServer.tcpProblem`. */
  readonly tcpProblem?: string | undefined;
  /** The Unix socket for guests. */
  readonly guestSocketPath?: string | undefined;
  readonly version: string;
  readonly protocol: number;
  /** Runtime and its version, such as "bun 1.4.5". */
  readonly runtime: string;
  readonly startedHow: StartedHow;
  readonly configPath: string | undefined;
  /** ISO time. */
  readonly startedTime: string;
  /** Folders that guests may reach. */
  readonly roots: readonly string[];
}

/** The record, or undefined when there is none or it isn't whole. What it says may be about a process long gone. */
export function readRecord(path: string): InstanceRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the record, mode 0600, so that a reader sees the old one or the new one. Throws what the file system throws. */
export function writeRecord(path: string, record: InstanceRecord): void {
  const ownPath = `${path}.${record.pid}`;
  writeFileSync(ownPath, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(ownPath, path);
}

/** Removes the record if it is still about this process. */
export function removeRecord(path: string, pid: number): void {
  if (readRecord(path)?.pid === pid) rmSync(path, { force: true });
}

function isRecord(value: unknown): value is InstanceRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Record<keyof InstanceRecord, unknown>;
  const texts = [record.host, record.socketPath, record.version, record.runtime, record.startedTime];
  return (
    isPositiveInteger(record.pid) &&
    (record.port === undefined || isPositiveInteger(record.port)) &&
    isPositiveInteger(record.protocol) &&
    texts.every((text) => typeof text === "string") &&
    isOptionalText(record.startedAt) &&
    isOptionalText(record.configPath) &&
    isOptionalText(record.guestSocketPath) &&
    isOptionalText(record.tcpProblem) &&
    ["by-hand", "auto", "service"].includes(record.startedHow as string) &&
    Array.isArray(record.roots) &&
    record.roots.every((root) => typeof root === "string")
  );
}

function isPositiveInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
