import { figure, type Report, timeText } from "../report/report.ts";
import type { Summary } from "../statistics.ts";
import type { OperationsResult, Ratio } from "./run-operations.ts";

/** What warm calls save, for people. */
export function operationsReport(result: OperationsResult, command: string): Report {
  const { breakEvenCalls, cold, coldCommand, count, file, isInterrupted, machine, samples, speedUp, time } =
    result;
  const sides: [string, Summary | null][] = [
    ["hearth read, a command each", result.command],
    ["a kept connection", result.connection],
    ["cold", cold],
  ];
  const measured = sides.filter((side): side is [string, Summary] => side[1] !== null);
  return {
    title: `Reading ${file ?? "a table of ten rows"}, warm and cold`,
    time,
    facts: [
      ...(speedUp === null
        ? []
        : [
            { name: "a command against cold", value: ratioText(speedUp.command) },
            { name: "a kept connection against cold", value: ratioText(speedUp.connection) },
          ]),
      { name: "the first command, server start included", value: timeText(result.startSeconds) },
      { name: "the second", value: timeText(result.firstCallSeconds) },
      ...(cold === null
        ? []
        : [
            {
              name: "the start has paid after",
              value:
                breakEvenCalls === null
                  ? "never: cold is as quick"
                  : `${breakEvenCalls} ${breakEvenCalls === 1 ? "call" : "calls"}`,
            },
          ]),
    ],
    tables: [
      {
        title: `${count} operations of each, in turns`,
        columns: ["", "median", "95 % confidence", "p95", "min", "max"],
        rows: measured.map(([name, { max, median, medianInterval, min, p95 }]) => [
          name,
          timeText(median),
          medianInterval.map(timeText).join(" to "),
          timeText(p95),
          timeText(min),
          timeText(max),
        ]),
      },
    ],
    charts: [
      {
        title: "Milliseconds of each operation",
        kind: "line",
        x: "round",
        y: "ms",
        series: Object.entries(samples)
          .filter(([, values]) => values.length > 0)
          .map(([name, values]) => ({
            name,
            points: values.map((seconds, i) => [i + 1, seconds * 1000] as const),
          })),
      },
    ],
    notes: [
      ...(coldCommand === null
        ? ["Nothing was compared with: --cold names a command."]
        : [`Cold: ${coldCommand}`]),
      ...(isInterrupted ? ["It was ended before it was complete."] : []),
    ],
    versions: {},
    machine,
    command,
  };
}

function ratioText({ interval: [low, high], value }: Ratio): string {
  const isFaster = value >= 1;
  const [least, most] = isFaster ? [low, high] : [1 / high, 1 / low];
  const times = figure(isFaster ? value : 1 / value);
  return `${times} times ${isFaster ? "faster" : "slower"} (${figure(least)} to ${figure(most)} with 95 % confidence)`;
}
