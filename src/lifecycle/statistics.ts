import { createHistogram } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";

/** Route patterns are few; a bug that passes paths instead must not fill the memory. */
const MAX_ROUTES = 200;

/** How long requests took, in milliseconds; undefined before the first. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface StatisticsSummary {
  /** Requests answered with a status below 400. */
  readonly served: number;
  /** Answered with 400 to 499: the caller's mistakes. */
  readonly refused: number;
  /** Answered with 500 and above. */
  readonly failed: number;
  readonly latency: LatencySummary;
  readonly routes: Readonly<Record<string, LatencySummary>>;
}

/** What was counted of one route. */
export interface RouteStatistics {
  readonly route: string;
  /** How many answers had each status; only those that there were. */
  readonly statuses: readonly (readonly [status: number, count: number])[];
  readonly latency: Histogram;
}

/** Counts requests and their durations in bounded memory. */
export interface Statistics {
  /** Notes one request. `route` is the pattern ("/api/read_data"), never the path of the request. */
  add(route: string, status: number, durationMs: number): void;
  summary(): StatisticsSummary;
  /** The routes that were asked for, in the order of their first request. */
  routes(): readonly RouteStatistics[];
}

interface Counted {
  readonly latency: Histogram;
  /** By status less 100. */
  readonly statuses: Uint32Array;
}

const FIRST_STATUS = 100;
const STATUSES = 500;

/** Empty statistics; about 0.1 µs a request. */
export function createStatistics(): Statistics {
  const routes = new Map<string, Counted>();
  let served = 0;
  let refused = 0;
  let failed = 0;

  function countedOf(route: string): Counted {
    const name = routes.size < MAX_ROUTES ? route : "other";
    const known = routes.get(name);
    if (known !== undefined) return known;
    const counted = { latency: createHistogram(), statuses: new Uint32Array(STATUSES) };
    routes.set(name, counted);
    return counted;
  }

  return {
    add(route, status, durationMs) {
      if (status < 400) served += 1;
      else if (status < 500) refused += 1;
      else failed += 1;
      const { latency, statuses } = routes.get(route) ?? countedOf(route);
      latency.add(durationMs);
      const index = status - FIRST_STATUS;
      statuses[index] = (statuses[index] ?? 0) + 1;
    },
    summary() {
      const all = createHistogram();
      for (const { latency } of routes.values()) all.addAll(latency);
      const byRoute = [...routes].map(([route, { latency }]) => [route, latencyOf(latency)] as const);
      return { served, refused, failed, latency: latencyOf(all), routes: Object.fromEntries(byRoute) };
    },
    routes: () =>
      [...routes].map(([route, { latency, statuses }]) => ({ route, latency, statuses: countsOf(statuses) })),
  };
}

function countsOf(statuses: Uint32Array): readonly (readonly [number, number])[] {
  const counts: [number, number][] = [];
  for (let index = 0; index < STATUSES; index++) {
    const count = statuses[index] ?? 0;
    if (count > 0) counts.push([index + FIRST_STATUS, count]);
  }
  return counts;
}

function latencyOf(histogram: Histogram): LatencySummary {
  return { count: histogram.count, p50Ms: rounded(histogram, 0.5), p99Ms: rounded(histogram, 0.99) };
}

function rounded(histogram: Histogram, fraction: number): number | undefined {
  const value = histogram.quantile(fraction);
  return value === undefined ? undefined : Number(value.toPrecision(3));
}
