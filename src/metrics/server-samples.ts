import type { CacheStats } from "../data/cache.ts";
import type { Statistics } from "../lifecycle/statistics.ts";
import { VERSION } from "../version.ts";
import type { Sample, Samples } from "./exposition.ts";

/** What a hearth knows of itself, whether it has a server of its own or is part of another program. */
export interface ServerFacts {
  /** Runtime and its version, such as "bun 1.4.5". */
  readonly runtime: string;
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  readonly statistics: Statistics;
  /** Requests and streams that run. */
  readonly inFlight: { readonly active: number; readonly watching: number };
  /** Undefined where there is no server of ours that could leave. */
  readonly idle:
    | { readonly timeoutSeconds: number; readonly remainingSeconds: number | undefined }
    | undefined;
}

/** The parts of the domain that are counted. */
export interface DomainFacts {
  readonly cache: CacheStats;
  readonly sessions: { readonly count: number; readonly bytes: number };
}

/** Samples of process, requests, cache and sessions. */
export function serverSamples(server: ServerFacts, { cache, sessions }: DomainFacts): Samples {
  const { idle, inFlight } = server;
  const routes = server.statistics.routes();
  const { system, user } = process.cpuUsage();
  return {
    hearth_build_info: [[[VERSION, server.runtime], 1]],
    hearth_uptime_seconds: one(server.uptimeSeconds),
    hearth_idle_timeout_seconds: one(idle?.timeoutSeconds),
    hearth_idle_remaining_seconds: one(idle?.remainingSeconds),
    process_start_time_seconds: one(Math.round(Date.now() - process.uptime() * 1000) / 1000),
    process_resident_memory_bytes: one(server.residentBytes),
    process_cpu_seconds_total: one((user + system) / 1e6),
    hearth_http_requests_total: routes.flatMap(({ route, statuses }) =>
      statuses.map(([status, count]): Sample => [[route, String(status)], count]),
    ),
    hearth_http_request_duration_seconds: routes.map(({ latency, route }): Sample => [[route], latency]),
    hearth_http_requests_in_flight: [
      [["use"], inFlight.active],
      [["watch"], inFlight.watching],
    ],
    hearth_cache_hits_total: one(cache.hits),
    hearth_cache_misses_total: one(cache.misses),
    hearth_cache_entries: one(cache.entries),
    hearth_cache_bytes: one(cache.bytes),
    hearth_cache_limit_bytes: one(cache.limit),
    hearth_sessions: one(sessions.count),
    hearth_sessions_bytes: one(sessions.bytes),
  };
}

function one(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [[[], value]];
}
