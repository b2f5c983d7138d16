import { type Command, defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { completionScript, type Shell } from "../completions/scripts.ts";
import { printData } from "../print.ts";

const USES: Readonly<Record<Shell, string>> = {
  bash: "source <(hearth completions bash)",
  zsh: 'hearth completions zsh > "${fpath[1]}/_hearth"',
  fish: "hearth completions fish | source",
};

/** The command that prints the completions for one shell, as a module of the command table. */
export function printCommand(shell: Shell): { default: Command } {
  return {
    default: defineCommand({
      description: `Print the completions for ${shell}`,
      examples: [USES[shell]],
      args: commonArgs,
      async run() {
        printData(await completionScript(shell));
      },
    }),
  };
}
