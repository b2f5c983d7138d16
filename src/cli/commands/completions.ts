import { COMMANDS } from "../command-table.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { bashScript } from "../completions/bash.ts";
import { fishScript } from "../completions/fish.ts";
import { collectWords } from "../completions/words.ts";
import { zshScript } from "../completions/zsh.ts";
import { printData } from "../print.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export default defineCommand({
  description: "Print the completions for a shell",
  examples: [
    "source <(hearth completions bash)",
    'hearth completions zsh > "${fpath[1]}/_hearth"',
    "hearth completions fish > ~/.config/fish/completions/hearth.fish",
  ],
  args: {
    shell: {
      type: "positional",
      required: true,
      options: ["bash", "zsh", "fish"],
      description: "Which shell: bash, zsh or fish",
    },
    ...commonArgs,
  },
  async run(args) {
    // The parser let only these three through.
    const script = SCRIPTS[args.shell as keyof typeof SCRIPTS];
    printData(script(await collectWords(COMMANDS)));
  },
});
