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

/** Counts requests and their durations in bounded memory. */
export interface Statistics {
  /** Notes one request. `route` is the pattern ("/api/read_data"), never the path of the request. */
  add(route: string, status: number, durationMs: number): void;
  summary(): StatisticsSummary;
}

/** Empty statistics; about 0.1 µs a request. */
export function createStatistics(): Statistics {
  const routes = new Map<string, Histogram>();
  let served = 0;
  let refused = 0;
  let failed = 0;

  function histogramOf(route: string): Histogram {
    const name = routes.size < MAX_ROUTES ? route : "other";
    const known = routes.get(name);
    if (known !== undefined) return known;
    const histogram = createHistogram();
    routes.set(name, histogram);
    return histogram;
  }

  return {
    add(route, status, durationMs) {
      if (status < 400) served += 1;
      else if (status < 500) refused += 1;
      else failed += 1;
      (routes.get(route) ?? histogramOf(route)).add(durationMs);
    },
    summary() {
      const all = createHistogram();
      for (const histogram of routes.values()) all.addAll(histogram);
      const byRoute = [...routes].map(([route, histogram]) => [route, latencyOf(histogram)] as const);
      return { served, refused, failed, latency: latencyOf(all), routes: Object.fromEntries(byRoute) };
    },
  };
}

function latencyOf(histogram: Histogram): LatencySummary {
  return { count: histogram.count, p50Ms: rounded(histogram, 0.5), p99Ms: rounded(histogram, 0.99) };
}

function rounded(histogram: Histogram, fraction: number): number | undefined {
  const value = histogram.quantile(fraction);
  return value === undefined ? undefined : Number(value.toPrecision(3));
}
