import type { Caller } from "../access/caller.ts";
import type { Session } from "./session.ts";

/** What is told of a session (section 5 of the wire contract). Times in seconds since the epoch. */
export interface SessionInfo {
  readonly session_id: string;
  readonly interface_file: string;
  readonly directory: string;
  readonly interface_field: string | null;
  readonly shape: readonly [rows: number, columns: number];
  readonly columns: readonly string[];
  readonly memory_mb: number;
  readonly created_time: number;
  readonly last_accessed: number;
  readonly timeout: number;
  readonly age_seconds: number;
  readonly idle_seconds: number;
  /** Told to the owner alone. */
  readonly made_by?: Caller["kind"];
}

/** Describes a session. @param now seconds since the epoch */
export function describeSession(
  { record, frame, bytes }: Session,
  lastAccessed: number,
  now: number,
  caller: Caller,
): SessionInfo {
  const { id, interfaceFile, directory, interfaceField, createdTime, timeout, kind } = record;
  return {
    session_id: id,
    interface_file: interfaceFile,
    directory,
    interface_field: interfaceField,
    shape: frame.shape,
    columns: frame.columns,
    memory_mb: megabytes(bytes),
    created_time: createdTime,
    last_accessed: lastAccessed,
    timeout,
    age_seconds: toThousandths(now - createdTime),
    idle_seconds: toThousandths(Math.max(0, now - lastAccessed)),
    ...(caller.kind === "owner" ? { made_by: kind } : {}),
  };
}

/** To three places. */
export function megabytes(bytes: number): number {
  return toThousandths(bytes / 2 ** 20);
}

function toThousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
