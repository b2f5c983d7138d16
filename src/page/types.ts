import type { CacheStats } from "../data/cache.ts";
import type { DoneRequest } from "../insight/activity.ts";
import type { TimelineSlot } from "../insight/timeline.ts";
import type { LatencySummary, StatisticsSummary } from "../lifecycle/statistics.ts";
import type { ModelFacts } from "../models/model-facts.ts";

export type { DoneRequest, LatencySummary, ModelFacts, TimelineSlot };

/** What this page may do. */
export interface Access {
  readonly version: string;
  readonly control: boolean;
  readonly admin: boolean;
  readonly isPage: boolean;
  readonly server: boolean;
}

/** What changes all the time. */
export interface Pulse {
  readonly memoryBytes: number;
  readonly inFlight?: { readonly active: number; readonly watching: number };
  readonly requests?: Omit<StatisticsSummary, "routes">;
  /** Seconds since the epoch; null: never by itself. */
  readonly leavesAt: number | null;
  readonly cache: CacheStats;
  readonly sessions: { readonly count: number; readonly bytes: number };
}

export interface Status {
  readonly uptime_seconds: number;
  readonly pid: number;
  readonly hearth: {
    readonly version: string;
    readonly runtime: string;
    readonly instance: string | null;
    readonly config: string | null;
    readonly host?: string;
    readonly port?: number;
    readonly startedHow?: string;
    readonly roots?: readonly string[];
    readonly requests: StatisticsSummary;
    readonly droppedLogLines?: number;
    readonly models: { readonly count: number; readonly loaded: number };
  };
}

export interface RunningFacts {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly caller: string;
  readonly startedMs: number;
  readonly model?: string;
}

/** A line of the log. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly id?: string;
  readonly message?: string;
  readonly [field: string]: unknown;
}
