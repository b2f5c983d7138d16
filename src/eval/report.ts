import { describeMachine } from "../bench/machine.ts";
import { figure, type Report, timeText } from "../bench/report/report.ts";
import { bootstrapInterval, summarize } from "../bench/statistics.ts";
import type { Comparison } from "./compare.ts";
import type { Suite } from "./suite.ts";
import type { CaseResult } from "./types.ts";

const MOST_ROWS = 200;

/** Cases below which a resampling of them bounds nothing. */
const FEWEST_FOR_BOUNDS = 5;

/** One number for a run: the mean of the cases' scores, those left out that did not run. */
export function meanScore(results: readonly CaseResult[]): number {
  const scores = results.flatMap(({ score }) => score ?? []);
  return scores.length === 0 ? Number.NaN : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** A run of a suite, for people. */
export function evalReport(
  suite: Suite,
  model: string,
  results: readonly CaseResult[],
  command: string,
): Report {
  const scored = results.flatMap(({ score }) => score ?? []);
  const failed = results.filter(({ error }) => error !== undefined);
  const unrun = results.flatMap(({ scores }) => scores.filter(({ value }) => value === null));
  const [low, high] = scored.length === 0 ? [Number.NaN, Number.NaN] : bootstrapInterval(scored, average);
  const seconds = summarize(
    results.filter(({ error }) => error === undefined).map((result) => result.seconds),
  );
  const points = pointRows(results);
  const reasons = [...new Set(unrun.map(({ reason, type }) => `${type}: ${reason ?? ""}`))];
  return {
    title: `${suite.name}, answered by ${model}`,
    time: new Date().toISOString(),
    facts: [
      {
        name: "score",
        value: `${figure(meanScore(results) * 100)} %${confidenceText(scored, low, high)}`,
      },
      {
        name: "answers",
        value: `${scored.length} scored of ${results.length}, ${failed.length} requests failed`,
      },
      ...(seconds === undefined
        ? []
        : [{ name: "an answer takes", value: `${timeText(seconds.median)} (median)` }]),
    ],
    tables: [
      ...(points.length < 2
        ? []
        : [{ title: "Points of the grid, the best first", columns: ["", "score", "answers"], rows: points }]),
      {
        title: "Cases, the worst first",
        columns: ["", "score", "why"],
        rows: results
          .toSorted((a, b) => (a.score ?? -1) - (b.score ?? -1))
          .slice(0, MOST_ROWS)
          .map((result) => [
            nameOf(result),
            result.score === null ? "-" : figure(result.score),
            whyOf(result),
          ]),
      },
    ],
    charts: [
      {
        title: "Scores by tag",
        kind: "bar",
        x: "tag",
        y: "%",
        series: [{ name: "score", points: tagPoints(suite, results) }],
      },
    ],
    notes: [
      ...reasons.slice(0, 5).map((reason) => `Left out: ${reason}`),
      ...[...new Set(failed.map(({ error }) => error))].slice(0, 3).map((error) => `Failed: ${error ?? ""}`),
    ],
    versions: {},
    machine: describeMachine(),
    command,
  };
}

/** Two runs side by side, for people. */
export function comparisonReport(a: string, b: string, comparison: Comparison, command: string): Report {
  const { better, cases, difference, interval, meanA, meanB, onlyInOne, signTest, worse } = comparison;
  const percent = (value: number) => `${figure(value * 100)} %`;
  const isClear = interval[0] > 0 || interval[1] < 0;
  const rows = (changes: Comparison["better"]) =>
    changes
      .slice(0, MOST_ROWS)
      .map((change) => [change.case, figure(change.a), figure(change.b), short(change.answerB)]);
  const columns = ["", "A", "B", "B's answer"];
  return {
    title: `${b} (B) beside ${a} (A)`,
    time: new Date().toISOString(),
    facts: [
      { name: "A", value: percent(meanA) },
      { name: "B", value: percent(meanB) },
      {
        name: "difference",
        value: `${difference > 0 ? "+" : ""}${figure(difference * 100)} points (${figure(interval[0] * 100)} to ${figure(interval[1] * 100)} with 95 % confidence)`,
      },
      {
        name: "changed",
        value: `${better.length} better, ${worse.length} worse of ${cases}; so uneven by chance: ${figure(signTest)}`,
      },
    ],
    tables: [
      ...(worse.length === 0 ? [] : [{ title: "Worse", columns, rows: rows(worse) }]),
      ...(better.length === 0 ? [] : [{ title: "Better", columns, rows: rows(better) }]),
    ],
    charts: [],
    notes: [
      isClear
        ? `${difference > 0 ? "B" : "A"} is better on these cases.`
        : "These cases don't tell them apart.",
      ...(onlyInOne.length === 0 ? [] : [`Only in one of them: ${onlyInOne.slice(0, 10).join(", ")}`]),
    ],
    versions: {},
    machine: describeMachine(),
    command,
  };
}

/** Cases that all have one score, or two of them, say nothing about how far others would lie from it. */
function confidenceText(scores: readonly number[], low: number, high: number): string {
  if (scores.length < FEWEST_FOR_BOUNDS || low === high) return "";
  return ` (${figure(low * 100)} to ${figure(high * 100)} with 95 % confidence)`;
}

function pointRows(results: readonly CaseResult[]): (readonly string[])[] {
  const grouped = new Map<string, CaseResult[]>();
  for (const result of results) {
    const point = Object.entries(result.point)
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .join(", ");
    grouped.set(point, [...(grouped.get(point) ?? []), result]);
  }
  return [...grouped]
    .map(([point, all]) => ({ point, score: meanScore(all), count: all.length }))
    .sort((a, b) => b.score - a.score)
    .map(({ count, point, score }) => [point, `${figure(score * 100)} %`, String(count)]);
}

function tagPoints({ cases }: Suite, results: readonly CaseResult[]): (readonly [string, number])[] {
  const tags = new Map(cases.map(({ id, tags: of = [] }) => [id, of.length === 0 ? ["untagged"] : of]));
  const scores = new Map<string, number[]>();
  for (const { case: id, score } of results) {
    if (score === null) continue;
    for (const tag of tags.get(id) ?? []) scores.set(tag, [...(scores.get(tag) ?? []), score]);
  }
  return [...scores].map(([tag, all]) => [tag, average(all) * 100] as const);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function nameOf({ case: id, point, sample }: CaseResult): string {
  const settings = Object.entries(point).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [id, ...settings, ...(sample > 0 ? [`sample ${sample + 1}`] : [])].join(", ");
}

function whyOf({ error, scores }: CaseResult): string {
  if (error !== undefined) return `failed: ${short(error)}`;
  return short(scores.flatMap(({ reason }) => reason ?? []).join("; "));
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
