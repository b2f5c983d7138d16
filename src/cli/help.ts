import { stripVTControlCharacters } from "node:util";
import { renderUsage, type ArgsDef as CittyArgs, type CommandDef as CittyCommand } from "citty";
import { type AnyCommand, type ArgDefs, type CommandTable, isGroup, type PositionalDef } from "./command.ts";
import type { FoundCommand } from "./run.ts";
import { hasColor } from "./terminal.ts";
import { VERSION } from "../version.ts";

/**
 * The help of one command, or of all, with examples below. citty renders it from our definitions; its colours are taken
 * out again where `stream` shows none.
 */
export async function renderHelp(
  found: FoundCommand | undefined,
  table: CommandTable,
  stream: 1 | 2,
): Promise<string> {
  const name = ["hearth", ...(found?.path ?? [])].join(" ");
  const usage = await renderUsage(
    found === undefined ? await overview(table) : await cittyCommand(name, found.command),
  );
  const text = `${usage.split("\n").map(alignedLeft).join("\n").trimEnd()}\n\n${renderExamples(found?.command.examples ?? EXAMPLES)}`;
  return (await hasColor(stream)) ? text : stripVTControlCharacters(text);
}

/** citty puts names to the right and pads every line; names are easier found at the left. */
function alignedLeft(line: string): string {
  return line.replace(/^ {2}( *)(\S+(?: \S+)*) {2}(.*)$/, "  $2$1  $3").trimEnd();
}

const EXAMPLES = ["hearth read cities.csv", "hearth status", "hearth read --help"];

function renderExamples(examples: readonly string[]): string {
  const title = examples.length === 1 ? "EXAMPLE" : "EXAMPLES";
  return `${title}\n\n${examples.map((line) => `  ${line}\n`).join("")}`;
}

async function overview(table: CommandTable): Promise<CittyCommand> {
  const description = "Keeps slow-starting things warm behind one small server that starts itself";
  return { meta: { name: "hearth", version: VERSION, description }, subCommands: await subCommands(table) };
}

async function cittyCommand(name: string, command: AnyCommand): Promise<CittyCommand> {
  const meta = { name, description: command.description };
  if (isGroup(command)) return { meta, subCommands: await subCommands(command.commands) };
  return { meta, args: cittyArgs(command.args) };
}

async function subCommands(table: CommandTable): Promise<Record<string, CittyCommand>> {
  const entries = Object.entries(table).map(async ([name, load]) => {
    const { default: command } = await load();
    return [name, { meta: { name, description: command.description } }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function cittyArgs(defs: ArgDefs): CittyArgs {
  const shown = Object.entries(defs).filter(([, def]) => !("hidden" in def && def.hidden === true));
  return Object.fromEntries(
    shown.map(([name, def]) => {
      if (def.type === "boolean") return [name, def];
      if (def.type === "positional") return [name, positional(def)];
      const { options, valueHint, description, alias, multiple } = def;
      const text = multiple === true ? `${description} (may be repeated)` : description;
      const hint = options === undefined ? valueHint : options.join("|");
      return [name, { type: "string", description: text, alias, valueHint: hint }];
    }),
  ) as CittyArgs;
}

function positional({ description, required }: PositionalDef) {
  return { type: "positional", description, required: required === true };
}
