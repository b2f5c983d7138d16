import { HearthError } from "../errors.ts";
import { parseArgs } from "./args.ts";
import { type AnyCommand, type ArgValues, type Command, type CommandTable, isGroup } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import { OutputClosed, printData, writeWords } from "./print.ts";

/** A command and the words that led to it. */
export interface FoundCommand {
  /** Such as ["config", "show"]. */
  readonly path: readonly string[];
  readonly command: AnyCommand;
  /** What stands behind the path. */
  readonly rest: readonly string[];
}

const HELP_FLAGS: ReadonlySet<string> = new Set(["--help", "-h"]);

/**
 * Runs one command line and gives its exit code: 0 done, 1 failed or refused, 2 wrong usage, 3 no server. Every error
 * ends here, as two lines on stderr.
 */
export async function runCli(raw: readonly string[], table: CommandTable = COMMANDS): Promise<number> {
  try {
    return await runLine(raw, table);
  } catch (error) {
    // Whoever reads our data had enough: that is no failure.
    if (error instanceof OutputClosed) return 0;
    return await (await import("./report-error.ts")).reportError(error, raw);
  }
}

async function runLine(raw: readonly string[], table: CommandTable): Promise<number> {
  const words = raw[0] === "help" ? [...raw.slice(1), "--help"] : raw;
  if (words[0] === "--version" || words[0] === "-V")
    return await runLine(["version", ...words.slice(1)], table);
  if (words.length === 0 || HELP_FLAGS.has(words[0] ?? ""))
    return await showHelp(undefined, table, words.length > 0);
  const found = await findCommand(words, table);
  if (asksForHelp(found.rest)) return await showHelp(found, table, true);
  if (isGroup(found.command)) return await showHelp(found, table, false);
  return await runCommand(found.command, found.rest);
}

async function runCommand(command: Command, rest: readonly string[]): Promise<number> {
  const args = parseArgs(command.args, rest) as ArgValues<typeof command.args>;
  return (await command.run(args)) ?? 0;
}

/** Follows the words into the table and its groups. Throws `usage` for a word that is no command. */
async function findCommand(words: readonly string[], table: CommandTable): Promise<FoundCommand> {
  const path: string[] = [];
  let commands = table;
  for (;;) {
    const name = words[path.length] ?? "";
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load === undefined) throw await unknownCommand(path, name, commands);
    path.push(name);
    const command = (await load()).default;
    const rest = words.slice(path.length);
    const goesOn = isGroup(command) && rest[0] !== undefined && !rest[0].startsWith("-");
    if (!goesOn) return { path, command, rest };
    commands = command.commands;
  }
}

async function unknownCommand(
  path: readonly string[],
  name: string,
  table: CommandTable,
): Promise<HearthError> {
  if (name.startsWith("-")) {
    return new HearthError("usage", `The flag ${name} stands before the command`, {
      hint: `Write it behind: hearth COMMAND ${name}.`,
    });
  }
  const [{ nearestName }, { commandFor }] = await Promise.all([
    import("../nearest.ts"),
    import("./other-words.ts"),
  ]);
  const meant = (path.length === 0 ? commandFor(name) : undefined) ?? nearestName(name, Object.keys(table));
  return new HearthError("usage", `"${[...path, name].join(" ")}" is not a command`, {
    hint: meant === undefined ? undefined : `Did you mean \`hearth ${[...path, meant].join(" ")}\`?`,
  });
}

function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf("--");
  return (end < 0 ? rest : rest.slice(0, end)).some((word) => HELP_FLAGS.has(word));
}

/** Help that was asked for is data; help instead of an answer is words, and exit code 2. */
async function showHelp(
  found: FoundCommand | undefined,
  table: CommandTable,
  wasAskedFor: boolean,
): Promise<number> {
  const { renderHelp } = await import("./help.ts");
  const text = await renderHelp(found, table, wasAskedFor ? 1 : 2);
  if (wasAskedFor) printData(text);
  else writeWords(text);
  return wasAskedFor ? 0 : 2;
}
