import { join } from "node:path";
import { PROJECT } from "./targets.ts";

/** One family of metrics, as Prometheus' own Python library reads it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly Series[];
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Parses an answer of `/metrics`; fails where Prometheus' parser does. */
export async function parseMetrics(
  python: string,
  text: string,
  format: "text" | "openmetrics",
): Promise<readonly Family[]> {
  const script = join(PROJECT, "tests/contract/parse_metrics.py");
  const child = Bun.spawn([python, script, format], { stdin: Buffer.from(text), stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as readonly Family[];
}

/**
 * The value of a series in the text of `/metrics`, such as `valueIn(text, 'a_total{b="c"}')`; undefined where there is
 * none.
 */
export function valueIn(text: string, series: string): number | undefined {
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
