import { BenchHistory, type Recorded } from "../../bench/history.ts";
import { figure } from "../../bench/report/report.ts";
import { stateFolder } from "../../config/folders.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { outputArgs } from "../output-args.ts";
import { chooseFormat } from "../output/choose-format.ts";
import { emitTable } from "../output/emit-table.ts";
import { say } from "../print.ts";
import { parseCount } from "../query/parse-pairs.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "List the benchmarks that were run here, the last one first",
  examples: ["hearth bench history", "hearth bench history --json"],
  args: { ...outputArgs, ...commonArgs },
  async run(args) {
    const format = chooseFormat(args, await isTerminal(1));
    const runs = new BenchHistory(stateFolder(process.env)).list().toReversed();
    const { all = false, quiet = false } = args;
    if (runs.length === 0 && !quiet) say("No benchmark was run here yet");
    const rows = runs.map(({ command, headline, kind, reused, subject, time }) => ({
      time: time.slice(0, 19).replace("T", " "),
      benchmark: kind,
      of: subject,
      [format === "table" ? "result" : "value"]:
        format === "table"
          ? `${figure(headline.value)} ${headline.unit}, ${headline.name}${reusedText(reused)}`
          : headline.value,
      ...(format === "table"
        ? {}
        : { unit: headline.unit, name: headline.name, reused: reused?.answers ?? 0, command }),
    }));
    const stream =
      new Response(rows.map((row) => `${JSON.stringify(row)}\n`).join("")).body ?? new ReadableStream();
    const output = args.output === "-" ? undefined : args.output;
    await emitTable(stream, { format, output, limit: parseCount("limit", args.limit), all, quiet });
  },
});

function reusedText(reused: Recorded["reused"]): string {
  return reused === undefined ? "" : ` (${reused.answers} of ${reused.of} answers reused)`;
}
