import { VERSION } from "../../version.ts";
import { type AnyCommand, type ArgDef, type Command, type CommandTable, isGroup } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { environmentSection, exitSection, filesSection } from "./sections.ts";
import { bold, escapeText, heading, italic, item, paragraph, prose, subheading, verbatim } from "./roff.ts";

/** Flags that stand once in the page, not at each command. */
const COMMON: ReadonlySet<string> = new Set(Object.keys(commonArgs));

/**
 * The manual page of all commands in roff, for `man`: made from the very definitions that the commands parse and the
 * settings that they resolve.
 */
export async function manPage(table: CommandTable): Promise<string> {
  const commands = (
    await Promise.all(Object.entries(table).map(([name, load]) => describe([name], load)))
  ).flat();
  const parts = [
    `.TH HEARTH 1 "" ${JSON.stringify(`hearth ${VERSION}`)} "User Commands"`,
    // Commands are not to be broken or stretched.
    ".nh",
    ".ad l",
    heading("Name"),
    "hearth \\- keeps slow\\-starting things warm behind one small server",
    heading("Synopsis"),
    `${bold("hearth")} ${italic("COMMAND")} [${italic("ARGUMENT")}...] [${italic("FLAG")}...]`,
    heading("Description"),
    ...DESCRIPTION.map(paragraph),
    heading("Commands"),
    ...commands,
    heading("Flags of every command"),
    ...Object.entries(commonArgs).map(flagItem),
    ...exitSection(),
    ...environmentSection(),
    ...filesSection(),
    heading("Examples"),
    verbatim(EXAMPLES),
    heading("See also"),
    prose(
      "`hearth COMMAND --help` shows one command. The documentation lies in the folder docs of the sources and of the npm package hearthd.",
    ),
  ];
  return `${parts.join("\n")}\n`;
}

const DESCRIPTION = [
  "hearth reads, writes and computes over tables, and asks model servers, through a server that starts itself with the first command, keeps what it loaded, and leaves when nobody used it for a while. Programs reach the same server by HTTP.",
  "Data goes to standard output, words to standard error. A terminal gets tables, a pipe JSON. `-` stands for standard input or output. Flags are written `--name value` or `--name=value`; `--` ends them.",
];

const EXAMPLES = [
  "hearth read cities.csv --sort -population --limit 10",
  'curl -s https://example.org/data.csv | hearth read - --where "price > 10" --format csv',
  "hearth write cities.parquet --input cities.csv",
  "hearth start --root . && hearth status",
  "hearth stop",
];

/** A command, or each of a group's. */
async function describe(
  path: readonly string[],
  load: () => Promise<{ default: AnyCommand }>,
): Promise<string[]> {
  const { default: command } = await load();
  if (!isGroup(command)) return describeCommand(path, command);
  const below = Object.entries(command.commands).map(([name, loadOne]) => describe([...path, name], loadOne));
  return (await Promise.all(below)).flat();
}

function describeCommand(path: readonly string[], { args, description, examples }: Command): string[] {
  const defs = Object.entries(args);
  const positionals = defs.filter(([, def]) => def.type === "positional");
  const flags = defs.filter(([name, def]) => isShown(def) && !COMMON.has(name));
  const name = ["hearth", ...path].join(" ");
  return [
    subheading([name, ...positionals.map(positionalText)].join(" ")),
    prose(`${description}.`),
    ...positionals.map(([word, def]) => item(italic(word.toUpperCase()), `${def.description}.`)),
    ...flags.map(flagItem),
    ...(examples.length === 0 ? [] : [verbatim(examples)]),
  ];
}

function isShown(def: ArgDef): boolean {
  return def.type !== "positional" && def.hidden !== true;
}

function positionalText([name, def]: [string, ArgDef]): string {
  const word = name.toUpperCase();
  const repeated = "multiple" in def && def.multiple === true ? `${word}...` : word;
  return "required" in def && def.required === true ? repeated : `[${repeated}]`;
}

function flagItem([name, def]: [string, ArgDef]): string {
  if (def.type === "positional") return "";
  const words = [...(def.alias === undefined ? [] : [`-${def.alias}`]), `--${name}`].map(bold).join(", ");
  if (def.type === "boolean") return item(words, `${def.description}.`);
  const value = def.options === undefined ? italic(def.valueHint) : escapeText(def.options.join("|"));
  const repeatable = def.multiple === true ? " May be repeated." : "";
  return item(`${words} ${value}`, `${def.description}.${repeatable}`);
}
