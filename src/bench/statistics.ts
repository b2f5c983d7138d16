import { max, mean, median, min, quantile, sampleStandardDeviation } from "simple-statistics";
import { randomNumbers } from "./random.ts";

/** Samples of one quantity in a few numbers, all in the unit of the samples. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  /** Of the sample; 0 for a single one. */
  readonly standardDeviation: number;
  /** Bounds within which the median lies with a confidence of 95 %. */
  readonly medianInterval: readonly [low: number, high: number];
}

const RESAMPLES = 1000;
const SEED = 7;

/**
 * Sums up at least one sample; undefined without any. Percentiles are interpolated between the samples around them (as
 * numpy's default).
 */
export function summarize(samples: readonly number[]): Summary | undefined {
  if (samples.length === 0) return undefined;
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    mean: mean(sorted),
    median: median(sorted),
    min: min(sorted),
    max: max(sorted),
    p90: percentile(sorted, 0.9),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    standardDeviation: sorted.length === 1 ? 0 : sampleStandardDeviation(sorted),
    medianInterval: bootstrapInterval(sorted, median),
  };
}

/** A percentile of sorted samples, interpolated linearly (Hyndman and Fan's type 7). */
export function percentile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (place - below);
}

/**
 * Bounds of a statistic with a confidence of 95 %, by the percentile bootstrap (Efron and Tibshirani, An Introduction to
 * the Bootstrap, 1993): the same for the same samples.
 */
export function bootstrapInterval(
  samples: readonly number[],
  statistic: (resample: number[]) => number,
): readonly [low: number, high: number] {
  const random = randomNumbers(SEED);
  const statistics = Array.from({ length: RESAMPLES }, () =>
    statistic(samples.map(() => samples[Math.floor(random() * samples.length)] as number)),
  );
  return [quantile(statistics, 0.025), quantile(statistics, 0.975)];
}
