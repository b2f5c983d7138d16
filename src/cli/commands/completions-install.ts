import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { type Advice, missingLine } from "../completions/advice.ts";
import { type FileChange, installFile, uninstallFile } from "../completions/install.ts";
import { completionFile, loginShell } from "../completions/place.ts";
import { completionScript, type Shell, SHELLS } from "../completions/scripts.ts";
import { openLog } from "../log.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Put the completions where the shell looks for them; again after an upgrade",
  examples: [
    "hearth completions install",
    "hearth completions install zsh --dry-run",
    "hearth completions install --uninstall",
  ],
  args: {
    shell: {
      type: "positional",
      options: SHELLS,
      description: "bash, zsh or fish; default: the one of SHELL",
    },
    "dry-run": { type: "boolean", description: "Only tell what would be done" },
    uninstall: { type: "boolean", description: "Remove them again" },
    ...commonArgs,
  },
  async run(args) {
    const { env } = process;
    const isDry = args["dry-run"] === true;
    // The parser let only these three through.
    const shell = (args.shell as Shell | undefined) ?? loginShell(env);
    const file = completionFile(shell, env);
    const change =
      args.uninstall === true
        ? uninstallFile(file, isDry)
        : installFile(file, await completionScript(shell), isDry);
    const missing = args.uninstall === true ? undefined : missingLine(shell, file, env);
    if (args.json === true) {
      return printData(
        `${JSON.stringify({ shell, file, change, isDryRun: isDry, missing: missing ?? null })}\n`,
      );
    }
    const log = await openLog(args);
    const text = changeText(change, file, shell);
    if (isDry) log.info(`Only tried: ${text}`);
    else log.success(text);
    if (missing !== undefined) log.info(adviceText(missing));
  },
});

function changeText(change: FileChange, file: string, shell: Shell): string {
  const what = `Completions for ${shell}`;
  switch (change) {
    case "installed":
      return `${what} were put into ${file}`;
    case "updated":
      return `${what} were renewed in ${file}`;
    case "unchanged":
      return `${what} are in ${file} already`;
    case "removed":
      return `${what} were removed: ${file}`;
    case "absent":
      return `${what} were not there: ${file}`;
  }
}

function adviceText({ file, line, reason }: Advice): string {
  return `Still missing in ${file} (${reason}): ${line}`;
}
