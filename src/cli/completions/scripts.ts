import { COMMANDS } from "../command-table.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { collectWords } from "./words.ts";
import { zshScript } from "./zsh.ts";

/** The shells that there are completions for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The completions of all commands, as a script for that shell. */
export async function completionScript(shell: Shell): Promise<string> {
  return SCRIPTS[shell](await collectWords(COMMANDS));
}
