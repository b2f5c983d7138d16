import type { HearthHealth } from "./health.ts";
import type { StartedHow } from "./record.ts";
import type { InFlight } from "./in-flight.ts";
import type { RunningServer } from "./running-server.ts";
import type { Statistics, StatisticsSummary } from "./statistics.ts";

/** What other processes decide by; belongs under `hearth` in the health answer. */
export function describeHealth(server: RunningServer): HearthHealth {
  return {
    version: server.version,
    protocol: server.protocol,
    instance: server.instance.key,
    id: server.instance.id,
    pid: process.pid,
    startedHow: server.startedHow,
  };
}

/** A running server as `hearth status` shows it; belongs under `hearth` in the status answer. */
export interface HearthStatus {
  readonly version: string;
  readonly protocol: number;
  /** Runtime and its version, such as "bun 1.4.5". */
  readonly runtime: string;
  readonly instance: string;
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Null: it listens on no TCP port. */
  readonly port: number | null;
  /** Why it listens on none although it should; null when nothing is wrong. */
  readonly tcpProblem: string | null;
  /** The Unix socket for guests, if there is one. */
  readonly socket: string | null;
  readonly config: string | null;
  readonly startedHow: StartedHow;
  /** ISO time. */
  readonly startedTime: string;
  readonly uptimeSeconds: number;
  readonly memoryBytes: number;
  readonly idle: {
    /** 0: never leaves. */
    readonly timeoutSeconds: number;
    readonly idleSeconds: number;
    /** Null: never leaves. */
    readonly remainingSeconds: number | null;
  };
  readonly inFlight: InFlightFacts;
  readonly requests: StatisticsSummary;
  readonly roots: readonly string[];
  /** Why the server does not go by its config as it is now; null while it does. */
  readonly keptSettings: {
    /** ISO time at which the settings in force were taken. */
    readonly since: string;
    readonly reason: string;
    /** Those that wait for a restart; empty: nothing of the config was taken. */
    readonly settings: readonly string[];
    readonly hint: string;
  } | null;
  /** Log lines that could not be written. */
  readonly droppedLogLines: number;
}

/** Composes the status of this moment; whoever renders it adds cache and sessions. */
export function describeStatus(parts: {
  readonly server: RunningServer;
  readonly statistics: Statistics;
  readonly log: { readonly droppedLines: number };
}): HearthStatus {
  const { log, server, statistics } = parts;
  const { idleClock, life } = server;
  return {
    ...describeHealth(server),
    runtime: server.runtimeName,
    host: server.host,
    port: server.port ?? null,
    tcpProblem: server.tcpProblem ?? null,
    socket: server.guestSocketPath ?? null,
    config: server.instance.configPath ?? null,
    startedTime: new Date(server.startedTimeMs).toISOString(),
    uptimeSeconds: roundSeconds((Date.now() - server.startedTimeMs) / 1000),
    memoryBytes: server.residentBytes(),
    idle: {
      timeoutSeconds: idleClock.timeoutSeconds,
      idleSeconds: roundSeconds(idleClock.idleSeconds),
      remainingSeconds: roundSeconds(idleClock.remainingSeconds) ?? null,
    },
    inFlight: inFlightFacts(life.inFlight),
    requests: statistics.summary(),
    roots: server.roots,
    keptSettings: null,
    droppedLogLines: log.droppedLines,
  };
}

/** Counts of what runs; `kept` are loaded models, which keep the server up and are no requests. */
export type InFlightFacts = Pick<InFlight, "active" | "kept" | "watching">;

function inFlightFacts({ active, kept, watching }: InFlight): InFlightFacts {
  return { active, kept, watching };
}

function roundSeconds<T extends number | undefined>(seconds: T): T {
  return (seconds === undefined ? undefined : Math.round(seconds * 1000) / 1000) as T;
}
