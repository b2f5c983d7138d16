import { parseDuration } from "../../config/duration.ts";
import { followLog } from "../../lifecycle/follow-log.ts";
import type { LogLevel } from "../../lifecycle/log-line.ts";
import { lastOf, type LogFilter, type LogRecord, readLog } from "../../lifecycle/read-log.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { logLineText } from "../control/log-line-text.ts";
import { locateAnyway } from "../locate.ts";
import { printData, say } from "../print.ts";
import { parseCount } from "../query/parse-pairs.ts";
import { createPainter, hasColor } from "../terminal.ts";

/** Lines shown when nothing narrows them down. */
const USUAL_LINES = 50;

export default defineCommand({
  description: "Show the server's log",
  examples: [
    "hearth logs",
    "hearth logs -f --level warn",
    "hearth logs --since 10m --json",
    "hearth logs --request ID",
  ],
  args: {
    follow: { type: "boolean", alias: "f", description: "Go on with what is written from now on" },
    since: { type: "string", valueHint: "DURATION", description: "Only the last 10m, 1h, ..." },
    level: {
      type: "string",
      valueHint: "LEVEL",
      options: ["debug", "info", "warn", "error"],
      description: "This level and above",
    },
    request: { type: "string", valueHint: "ID", description: "Only this request (x-request-id)" },
    lines: { type: "string", alias: "n", valueHint: "N", description: "Only the last N lines" },
    ...commonArgs,
    ...instanceArgs,
  },
  async run(args) {
    const filter: LogFilter = {
      sinceMs:
        args.since === undefined ? undefined : Date.now() - parseDuration(args.since, "--since") * 1000,
      level: args.level as LogLevel | undefined, // one of the options above
      requestId: args.request,
    };
    const { instance } = await locateAnyway(args);
    const paint = createPainter(await hasColor(1));
    const show = (record: LogRecord): void =>
      printData(`${args.json === true ? JSON.stringify(record) : logLineText(record, paint, new Date())}\n`);
    const isNarrowed = Object.values(filter).some((value) => value !== undefined);
    const lines = parseCount("lines", args.lines) ?? (isNarrowed ? Number.POSITIVE_INFINITY : USUAL_LINES);
    const last = lastOf(readLog(instance.logPath, filter), lines);
    for (const record of last) show(record);
    if (args.follow !== true) {
      if (last.length === 0 && args.quiet !== true) say(`No such lines in ${instance.logPath}`);
      return;
    }
    const signal = new AbortController().signal; // Ctrl-C ends the process
    for await (const record of followLog(instance.logPath, { ...filter, signal, fromEnd: true }))
      show(record);
  },
});
