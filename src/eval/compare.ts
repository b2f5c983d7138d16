import { bootstrapInterval } from "../bench/statistics.ts";
import type { CaseResult } from "./types.ts";

/** Two runs of one suite, case by case. */
export interface Comparison {
  /** Cases that both answered and scored. */
  readonly cases: number;
  readonly meanA: number;
  readonly meanB: number;
  /** B's mean less A's, with bounds of 95 % confidence over the cases. */
  readonly difference: number;
  readonly interval: readonly [low: number, high: number];
  readonly better: readonly Change[];
  readonly worse: readonly Change[];
  /** Of the changed cases: how likely so uneven a split is by chance (sign test, two-sided). */
  readonly signTest: number;
  /** Cases that only one of them has. */
  readonly onlyInOne: readonly string[];
}

export interface Change {
  readonly case: string;
  readonly prompt: string;
  readonly a: number;
  readonly b: number;
  readonly answerA: string;
  readonly answerB: string;
}

/** Compares runs by their cases: samples and points of a grid of one case are averaged first. */
export function compareRuns(a: readonly CaseResult[], b: readonly CaseResult[]): Comparison {
  const [byA, byB] = [byCase(a), byCase(b)];
  const both = [...byA].flatMap(([id, one]) => {
    const other = byB.get(id);
    return other === undefined ? [] : [{ id, one, other }];
  });
  const changes = both.map(({ id, one, other }): Change => ({
    case: id,
    prompt: one.prompt,
    a: one.score,
    b: other.score,
    answerA: one.answer,
    answerB: other.answer,
  }));
  const differences = changes.map((change) => change.b - change.a);
  const better = changes.filter((change) => change.b > change.a);
  const worse = changes.filter((change) => change.b < change.a);
  return {
    cases: both.length,
    meanA: mean(changes.map((change) => change.a)),
    meanB: mean(changes.map((change) => change.b)),
    difference: mean(differences),
    interval: differences.length === 0 ? [Number.NaN, Number.NaN] : bootstrapInterval(differences, mean),
    better,
    worse,
    signTest: signTest(better.length, worse.length),
    onlyInOne: [...byA.keys(), ...byB.keys()].filter((id) => !byA.has(id) || !byB.has(id)),
  };
}

interface Averaged {
  readonly score: number;
  readonly prompt: string;
  readonly answer: string;
}

function byCase(results: readonly CaseResult[]): Map<string, Averaged> {
  const grouped = new Map<string, CaseResult[]>();
  for (const result of results) {
    if (result.score === null) continue;
    const known = grouped.get(result.case);
    if (known === undefined) grouped.set(result.case, [result]);
    else known.push(result);
  }
  return new Map(
    [...grouped].map(([id, all]) => [
      id,
      {
        score: mean(all.map(({ score }) => score as number)),
        prompt: all[0]?.prompt ?? "",
        answer: all[0]?.answer ?? "",
      },
    ]),
  );
}

/**
 * The probability that of `better + worse` changes at least so many go one way, were both equally likely: the two-sided
 * exact binomial test at one half (Fisher's sign test); for scores of 0 and 1 it is McNemar's exact test.
 */
export function signTest(better: number, worse: number): number {
  const count = better + worse;
  if (count === 0) return 1;
  let tail = 0;
  for (let k = 0; k <= Math.min(better, worse); k += 1)
    tail += Math.exp(logChoose(count, k) - count * Math.LN2);
  return Math.min(1, 2 * tail);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i += 1) sum += Math.log(n - k + i) - Math.log(i);
  return sum;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
