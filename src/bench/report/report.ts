import type { Machine } from "../machine.ts";

/** What a benchmark found, for people: the same for the terminal, Markdown and HTML. */
export interface Report {
  readonly title: string;
  /** ISO 8601. */
  readonly time: string;
  readonly facts: readonly Fact[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly Chart[];
  /** What has to be known to read the figures. */
  readonly notes: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  /** The command line that repeats it. */
  readonly command: string;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Chart {
  readonly title: string;
  readonly kind: "line" | "bar";
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number | string, number])[];
  }[];
}

/** For each column whether it holds figures, which stand under each other from the right. */
export function figureColumns({ columns, rows }: ReportTable): readonly boolean[] {
  return columns.map((_, i) => rows.every((row) => /^(?:[-+]?[\d.,]+.*|-?)$/.test(row[i] ?? "")));
}

/** A number with three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toLocaleString("en-US", { maximumFractionDigits: Math.min(6, digits), useGrouping: true });
}

/** Seconds in the unit in which they read best. */
export function timeText(seconds: number): string {
  if (seconds < 0.001) return `${figure(seconds * 1e6)} µs`;
  if (seconds < 1) return `${figure(seconds * 1000)} ms`;
  if (seconds < 120) return `${figure(seconds)} s`;
  return seconds < 7200 ? `${figure(seconds / 60)} min` : `${figure(seconds / 3600)} h`;
}

/** Bytes in powers of 1000. */
export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${figure(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${figure(bytes / 1e6)} MB` : `${figure(bytes / 1e9)} GB`;
}

/** Counts of values in bins of equal width, for a chart of a distribution. */
export function histogram(values: readonly number[], bins = 20): readonly (readonly [string, number])[] {
  if (values.length === 0) return [];
  const low = Math.min(...values);
  const width = (Math.max(...values) - low) / bins || 1;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, bin) => [figure(low + (bin + 0.5) * width), count] as const);
}
