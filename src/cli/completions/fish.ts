import type { CommandWords, FlagWords, Offer } from "./words.ts";

/** A script for `hearth completions fish | source`. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = ["# fish completion for hearth", "complete -c hearth -f", ...commands.flatMap(commandLines)];
  return `${lines.join("\n")}\n`;
}

function commandLines({ path, description, flags, positional, children }: CommandWords): string[] {
  const parent = path.slice(0, -1);
  const place = parent.length === 0 ? "__fish_use_subcommand" : seen(parent);
  const lines = [`complete -c hearth -n '${place}' -a ${path.at(-1)} -d '${escaped(description)}'`];
  if (children.length > 0) return lines;
  lines.push(...flags.map((flag) => flagLine(path, flag)));
  if (positional.kind !== "nothing") lines.push(`complete -c hearth -n '${seen(path)}' ${offer(positional)}`);
  return lines;
}

function flagLine(path: readonly string[], { name, alias, description, value }: FlagWords): string {
  const short = alias === undefined ? "" : ` -s ${alias}`;
  const argument = value === undefined ? "" : value.kind === "nothing" ? " -x" : ` -r ${offer(value)}`;
  return `complete -c hearth -n '${seen(path)}' -l ${name}${short}${argument} -d '${escaped(description)}'`;
}

function seen(path: readonly string[]): string {
  return path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
}

function offer(value: Offer): string {
  if (value.kind === "words") return `-f -a '${value.words.join(" ")}'`;
  return value.kind === "folders" ? "-f -a '(__fish_complete_directories)'" : "-F";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
