import type { Histogram } from "../lifecycle/histogram.ts";
import { METRICS, type MetricDefinition, type MetricName } from "./catalog.ts";

/** One series: the values of the metric's labels, in their order, and what was counted. */
export type Sample = readonly [labels: readonly string[], value: number | Histogram];

/** What is known of each metric at this moment. */
export type Samples = Partial<Record<MetricName, readonly Sample[]>>;

/** Prometheus' own text format (0.0.4), or OpenMetrics 1.0. */
export type MetricsFormat = "text" | "openmetrics";

/** Content types of the formats. */
export const METRICS_TYPES = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

/**
 * All metrics as text, those without a series by name and meaning alone. The two formats differ in what a family is
 * called, in types and units, and in the end mark.
 */
export function renderMetrics(samples: Samples, format: MetricsFormat): string {
  const lines: string[] = [];
  for (const [name, definition] of Object.entries(METRICS)) {
    lines.push(...headOf(name, definition, format));
    for (const sample of samples[name as MetricName] ?? []) addSample(lines, name, definition, sample);
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function headOf(name: string, { kind, help }: MetricDefinition, format: MetricsFormat): readonly string[] {
  if (format === "text") {
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind === "info" ? "gauge" : kind}`];
  }
  const family = name.replace(/_(?:total|info)$/, "");
  const unit = /_(seconds|bytes)$/.exec(family)?.[1];
  return [
    `# TYPE ${family} ${kind}`,
    ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`]),
    `# HELP ${family} ${help}`,
  ];
}

function addSample(
  lines: string[],
  name: string,
  { labels: names, exponents = [] }: MetricDefinition,
  [values, value]: Sample,
): void {
  const labels = names.map((label, index) => `${label}="${escaped(values[index] ?? "")}"`);
  if (typeof value === "number") {
    lines.push(`${name}${braced(labels)} ${value}`);
    return;
  }
  const counts = value.upTo(exponents);
  for (const [index, exponent] of exponents.entries()) {
    lines.push(`${name}_bucket${braced([...labels, `le="${2 ** exponent / 1e6}"`])} ${counts[index]}`);
  }
  lines.push(
    `${name}_bucket${braced([...labels, 'le="+Inf"'])} ${value.count}`,
    `${name}_sum${braced(labels)} ${Math.round(value.sumMs * 1e6) / 1e9}`,
    `${name}_count${braced(labels)} ${value.count}`,
  );
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
