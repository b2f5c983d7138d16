import { writeFileSync } from "node:fs";
import { BenchHistory, comparisonText, isRepeated, type Recorded } from "../../bench/history.ts";
import type { Report } from "../../bench/report/report.ts";
import { stateFolder } from "../../config/folders.ts";
import { HearthError } from "../../errors.ts";
import { printData, say } from "../print.ts";

interface DeliverArgs {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly markdown?: string | undefined;
  readonly html?: string | undefined;
  readonly "no-history"?: boolean | undefined;
}

/** Shows a result as it was asked for, compares it with the last of its kind, and keeps it. */
export async function deliver(run: Recorded, report: Report, args: DeliverArgs): Promise<void> {
  const history = new BenchHistory(stateFolder(process.env));
  const before = history.last(run.kind, run.subject);
  const facts =
    before === undefined || isRepeated(run)
      ? report.facts
      : [...report.facts, { name: "beside before", value: comparisonText(run.headline, before) }];
  const shown = { ...report, facts };
  if (args["no-history"] !== true) history.keep({ ...run, report: shown });
  await showReport(shown, args, run.result);
}

/** Shows a report as it was asked for; `result` is what `--json` prints. */
export async function showReport(shown: Report, args: DeliverArgs, result: unknown): Promise<void> {
  if (args.markdown !== undefined) {
    const { markdownReport } = await import("../../bench/report/markdown.ts");
    write(args.markdown, markdownReport(shown));
  }
  if (args.html !== undefined) {
    const { htmlReport } = await import("../../bench/report/html.ts");
    write(args.html, await htmlReport(shown));
  }
  if (args.json === true) return printData(`${JSON.stringify(result)}\n`);
  if (args.markdown === "-" || args.html === "-") return;
  const { textReport } = await import("../../bench/report/text.ts");
  printData(textReport(shown));
  for (const file of [args.markdown, args.html]) {
    if (file !== undefined && args.quiet !== true) say(`Wrote ${file}`);
  }
}

function write(file: string, text: string): void {
  if (file === "-") return printData(text);
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new HearthError("file-failed", `Cannot write ${file} (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}

/** The command line as it was typed, to repeat a measurement. */
export function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return ["hearth", ...quoted].join(" ");
}
