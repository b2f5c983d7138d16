import { figure, type Report, timeText } from "../report/report.ts";
import type { Summary } from "../statistics.ts";
import { arrivalText, type ServingResult, type ServingRow } from "./run-serving.ts";

/** How fast models are served, for people. */
export function servingReport(result: ServingResult, command: string): Report {
  const { coldSeconds, isInterrupted, machine, maxTokens, promptWords, rows, time } = result;
  const targets = [...new Set(rows.map(({ target }) => target))];
  const failed = rows.filter(({ errors }) => errors > 0);
  const median = (summary: Summary | null) => (summary === null ? "" : timeText(summary.median));
  const p95 = (summary: Summary | null) => (summary === null ? "" : timeText(summary.p95));
  return {
    title: `Serving speed of ${targets.join(" and ")}`,
    time,
    facts: Object.entries(coldSeconds).flatMap(([target, seconds]) =>
      seconds === null ? [] : [{ name: `${target}, first token from cold`, value: timeText(seconds) }],
    ),
    tables: [
      {
        title: `Prompts of ${promptWords} words, answers of up to ${maxTokens} tokens`,
        columns: [
          "",
          "requests",
          "first token",
          "p95",
          "between tokens",
          "gaps, p95",
          "whole answer",
          "tokens/s",
          "errors",
        ],
        rows: rows.map((row) => [
          `${row.target}, ${arrivalText(row.arrival)}`,
          String(row.requests),
          median(row.firstToken),
          p95(row.firstToken),
          median(row.perToken),
          p95(row.betweenTokens),
          median(row.total),
          figure(row.tokensPerSecond),
          String(row.errors),
        ]),
      },
    ],
    charts: charts(rows, targets),
    notes: [
      ...failed.map(({ errorReasons, target }) => `${target} failed: ${errorReasons.slice(0, 3).join("; ")}`),
      ...(rows.some(({ arrival }) => arrival.kind === "open")
        ? ["At a rate, times count from when a request was due, so that a stall is charged for all who wait."]
        : []),
      ...(isInterrupted ? ["It was ended before it was complete."] : []),
    ],
    versions: {},
    machine,
    command,
  };
}

function charts(rows: readonly ServingRow[], targets: readonly string[]): Report["charts"] {
  const chart = (title: string, y: string, value: (row: ServingRow) => number | undefined) => ({
    title,
    kind: "bar" as const,
    x: "requests",
    y,
    series: targets.map((target) => ({
      name: target,
      points: rows
        .filter((row) => row.target === target)
        .flatMap((row) => {
          const found = value(row);
          return found === undefined ? [] : [[arrivalText(row.arrival), found] as const];
        }),
    })),
  });
  return [
    chart("Tokens a second, all requests together", "tokens/s", ({ tokensPerSecond }) => tokensPerSecond),
    chart("Time to the first token, median", "ms", ({ firstToken }) =>
      firstToken === null ? undefined : firstToken.median * 1000,
    ),
  ];
}
