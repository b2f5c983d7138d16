import type { ConsolaInstance, ConsolaReporter } from "consola";
import { say } from "./print.ts";
import { isTerminal } from "./terminal.ts";

export interface LogFlags {
  readonly quiet?: boolean | undefined;
}

/** Level of consola that lets only errors through. */
const QUIET_LEVEL = 0;
const NORMAL_LEVEL = 3;

/**
 * Words about what a command does, on stderr: with consola's marks and colours for a person, as plain lines otherwise.
 * consola alone would send half of them to stdout, among the data. Not for quick commands: it costs some milliseconds.
 */
export async function openLog({ quiet }: LogFlags): Promise<ConsolaInstance> {
  const { createConsola } = await import("consola");
  const level = quiet === true ? QUIET_LEVEL : NORMAL_LEVEL;
  const { stderr } = process;
  if (await isTerminal(2)) {
    // Without the clock that consola puts behind each line: what was done is done now.
    return createConsola({ level, fancy: true, formatOptions: { date: false }, stdout: stderr, stderr });
  }
  return createConsola({ level, reporters: [plainLines] });
}

const plainLines: ConsolaReporter = {
  log: ({ type, args }) => say(`${type === "warn" ? "warning: " : ""}${args.map(String).join(" ")}`),
};
