import { HearthError } from "../../errors.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { checkCallers } from "../doctor/check-callers.ts";
import { checkConfig } from "../doctor/check-config.ts";
import { checkFolders } from "../doctor/check-folders.ts";
import { checkEngine, checkInstallation } from "../doctor/check-installation.ts";
import { checkServer } from "../doctor/check-server.ts";
import { fail, type Finding } from "../doctor/finding.ts";
import { type InstanceFlags, locate } from "../locate.ts";
import { printData } from "../print.ts";
import { settingFlags } from "../server-args.ts";
import { createPainter, hasColor, type Painter } from "../terminal.ts";

export default defineCommand({
  description: "Look for what is wrong with this installation, and say how to mend it",
  examples: ["hearth doctor", "hearth doctor --json"],
  args: { ...commonArgs, ...instanceArgs },
  async run(args) {
    const runtime = await loadRuntime();
    const flags = settingFlags(args);
    const findings = [
      ...checkInstallation(runtime),
      ...checkFolders(process.env),
      await checkEngine(),
      ...(await checkConfig(flags)),
      ...(await checkCallers(flags, runtime)),
      ...(await checkInstance(args)),
    ];
    const hasFailed = findings.some(({ state }) => state === "fail");
    if (args.json === true) {
      printData(`${JSON.stringify({ isHealthy: !hasFailed, findings })}\n`);
    } else {
      const paint = createPainter(await hasColor(1));
      const shown = args.quiet === true ? findings.filter(({ state }) => state !== "ok") : findings;
      for (const finding of shown) printData(findingText(finding, paint));
    }
    return hasFailed ? 1 : 0;
  },
});

async function checkInstance(flags: InstanceFlags): Promise<Finding[]> {
  try {
    return await checkServer(await locate(flags));
  } catch (error) {
    if (error instanceof HearthError) return [fail("server", error.message, error.hint)];
    throw error;
  }
}

const MARKS = { ok: ["green", "ok  "], warn: ["yellow", "warn"], fail: ["red", "FAIL"] } as const;

function findingText({ subject, state, message, hint }: Finding, paint: Painter): string {
  const [style, mark] = MARKS[state];
  const line = `${paint(style, mark)}  ${subject.padEnd(12)}  ${message}\n`;
  return hint === undefined ? line : `${line}${" ".repeat(20)}${hint}\n`;
}
