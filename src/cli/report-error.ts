import { HearthError } from "../errors.ts";
import { COMMANDS } from "./command-table.ts";
import { say } from "./print.ts";
import { shown } from "./shown.ts";
import { createPainter, hasColor } from "./terminal.ts";

/**
 * Tells an error on stderr, message and hint, and gives the exit code. The stack is shown only for `--debug`.
 *
 * @param raw the command line, which may hold `--debug` or name a command for the pointer to its help
 */
export async function reportError(error: unknown, raw: readonly string[]): Promise<number> {
  const paint = createPainter(await hasColor(2));
  const isOurs = error instanceof HearthError;
  say(`${paint("red", "hearth:")} ${shown(messageOf(error))}`);
  for (const line of hintsOf(error, raw)) say(`  ${shown(line)}`);
  if (raw.includes("--debug")) say(shown(stackOf(error)));
  return isOurs ? error.exitCode : 1;
}

function messageOf(error: unknown): string {
  if (error instanceof HearthError) return error.message;
  return `Unexpected: ${error instanceof Error ? error.message : String(error)}`;
}

function hintsOf(error: unknown, raw: readonly string[]): string[] {
  if (!(error instanceof HearthError)) return ["This is a fault in hearth; --debug shows where it happened."];
  if (error.code === "internal" && error.requestId !== undefined) {
    return [`The log has the details: hearth logs --request ${error.requestId}`];
  }
  const hints = error.hint === undefined || error.hint === "" ? [] : [error.hint];
  if (error.code === "usage") hints.push(`\`${helpCommand(raw)}\` shows how it is used.`);
  return hints;
}

function helpCommand(raw: readonly string[]): string {
  const command = Object.hasOwn(COMMANDS, raw[0] ?? "") ? `${raw[0]} ` : "";
  return `hearth ${command}--help`;
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let current = error; current instanceof Error && parts.length < 5; current = current.cause) {
    const code = "code" in current ? ` [${String(current.code)}]` : "";
    parts.push(`${current.stack ?? current.message}${code}`);
  }
  return parts.join("\ncaused by ");
}
