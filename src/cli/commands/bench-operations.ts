import { commandLine, deliver } from "../bench/deliver.ts";
import { reportArgs } from "../bench/bench-args.ts";
import { createMeter } from "../bench/meter.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { parseCount } from "../query/parse-pairs.ts";

export default defineCommand({
  description: "Measure what warm calls save: reading a table by hearth, by a kept connection, and cold",
  examples: [
    "hearth bench operations",
    "hearth bench operations data.csv --count 50 --html report.html",
    "hearth bench operations data.csv --cold 'python3 my-script.py {file}'",
  ],
  args: {
    file: {
      type: "positional",
      description: "Table to read; default: a made-up one of ten rows",
      valueHint: "FILE",
    },
    count: {
      type: "string",
      alias: "n",
      valueHint: "N",
      description: "Operations of each kind; default 100",
    },
    cold: {
      type: "string",
      valueHint: "COMMAND",
      description:
        "What to compare with, {file} is the table; default: Python with pandas, where it is. none: nothing",
    },
    ...reportArgs,
    ...commonArgs,
  },
  async run(args) {
    const [{ runOperationsBenchmark }, { findColdCommand }, { operationsReport }, { splitCommand }] =
      await Promise.all([
        import("../../bench/operations/run-operations.ts"),
        import("../../bench/operations/find-cold.ts"),
        import("../../bench/operations/report.ts"),
        import("../../models/config/command-line.ts"),
      ]);
    const count = parseCount("count", args.count);
    const stopped = new AbortController();
    process.once("SIGINT", () => stopped.abort());
    const meter = await createMeter(args.quiet === true || args.json === true);
    const cold =
      args.cold === "none"
        ? undefined
        : args.cold === undefined
          ? await findColdCommand()
          : splitCommand(args.cold);
    const result = await runOperationsBenchmark({
      ...(args.file === undefined ? {} : { file: args.file }),
      ...(count === undefined ? {} : { count }),
      cold,
      signal: stopped.signal,
      onProgress: (done, of) => meter.show(`Round ${done} of ${of}`, done / of),
    }).finally(() => meter.end());
    const command = commandLine();
    const headline = { name: "a warm command", value: result.command.median, unit: "s", isLessBetter: true };
    const run = {
      kind: "operations",
      subject: result.file ?? "ten rows",
      time: result.time,
      headline,
      command,
      result,
    };
    await deliver(run, operationsReport(result, command), args);
    return result.isInterrupted ? 130 : 0;
  },
});
