import { basename } from "node:path";
import { bytesText, type Fact, figure, histogram, type Report, timeText } from "../report/report.ts";
import type { BenchmarkResult } from "./result.ts";

const SOURCES = {
  callback: "mlx-lm's own callback",
  "old-output": "the times that mlx-lm prints",
  "arrival-of-lines": "the arrival of the lines that mlx-lm prints",
} as const;

/** A training benchmark for people. */
export function trainingReport(result: BenchmarkResult, command: string): Report {
  const { iterations, isInterrupted, judgement, machine, model, settings, time, timeSource, versions } =
    result;
  const counted = iterations.filter(({ leftOut }) => leftOut === undefined);
  const notes = [
    `${counted.length} of ${iterations.length} iterations count; warm-up and those with a validation are left out. Times are from ${SOURCES[timeSource]}.`,
    ...(isInterrupted ? ["It was ended before it was complete."] : []),
    ...(settings.data === null
      ? ["The texts are made up, some 55 words each: longer ones take longer."]
      : []),
  ];
  return {
    title: `LoRA training of ${basename(model)}`,
    time,
    facts: facts(result),
    tables: [],
    charts:
      counted.length === 0
        ? []
        : [
            {
              title: "Seconds of each iteration that counts",
              kind: "line",
              x: "iteration",
              y: "s",
              series: [
                {
                  name: "seconds",
                  points: counted.map(({ iteration, seconds }) => [iteration, seconds] as const),
                },
              ],
            },
            {
              title: "How the iterations that count are spread",
              kind: "bar",
              x: "seconds an iteration",
              y: "iterations",
              series: [{ name: "iterations", points: histogram(counted.map(({ seconds }) => seconds)) }],
            },
          ],
    notes: judgement === null ? notes : [judgement.advice, ...notes],
    versions: Object.fromEntries(
      Object.entries(versions).flatMap(([name, version]) => (version === null ? [] : [[name, version]])),
    ),
    machine,
    command,
  };
}

function facts(result: BenchmarkResult): Fact[] {
  const {
    judgement,
    loadSeconds,
    peakMemory,
    projection,
    secondsPerIteration,
    settings,
    tokensPerSecond,
    totalSeconds,
  } = result;
  const { residentBytes, trainingBytes } = peakMemory;
  const all: (Fact | undefined)[] = [
    judgement === null ? undefined : { name: "verdict", value: judgement.verdict },
    secondsPerIteration === null
      ? { name: "seconds an iteration", value: "none was measured" }
      : {
          name: "seconds an iteration",
          value: `${figure(secondsPerIteration.median)} (median; ${figure(secondsPerIteration.medianInterval[0])} to ${figure(secondsPerIteration.medianInterval[1])} with 95 % confidence)`,
        },
    tokensPerSecond === null ? undefined : { name: "tokens a second", value: figure(tokensPerSecond.median) },
    projection === null
      ? undefined
      : {
          name: "100, 1000 iterations",
          value: `${timeText(projection[100])}, ${timeText(projection[1000])}`,
        },
    trainingBytes === null
      ? undefined
      : { name: "peak memory of the training", value: `${bytesText(trainingBytes)}, by the array library` },
    residentBytes === null
      ? undefined
      : {
          name: "peak memory resident",
          value: `${bytesText(residentBytes)}, interpreter and libraries included`,
        },
    loadSeconds === null ? undefined : { name: "loading the model", value: timeText(loadSeconds) },
    { name: "model", value: result.model },
    { name: "the whole run", value: timeText(totalSeconds) },
    {
      name: "settings",
      value: `${settings.iterations} iterations, batches of ${settings.batchSize}, ${settings.layers ?? "?"} layers, up to ${settings.maxSequenceLength} tokens`,
    },
  ];
  return all.filter((fact) => fact !== undefined);
}
