import type { HearthClient } from "../../client/client.ts";
import { chooseFormat, type FormatFlags } from "../output/choose-format.ts";
import { emitTable } from "../output/emit-table.ts";
import { say } from "../print.ts";
import { isTerminal } from "../terminal.ts";

/** Prints all operations and functions, one a row; what could not be loaded is told on stderr. */
export async function listOperations(
  client: HearthClient,
  flags: FormatFlags & { readonly quiet?: boolean | undefined },
): Promise<void> {
  const format = chooseFormat(flags, await isTerminal(1));
  const { operations, warnings = [] } = await client.operations();
  const lines = operations.map(({ name, kind, origin, summary, parameters, arguments: own }) => {
    const names = Object.keys(own ?? parameters).join(", ");
    return `${JSON.stringify({ name, kind, takes: names, summary, origin: origin ?? "hearth" })}\n`;
  });
  const stream = new Response(lines.join("")).body ?? new ReadableStream();
  const output = flags.output === "-" ? undefined : flags.output;
  await emitTable(stream, { format, output, limit: undefined, all: true, quiet: flags.quiet === true });
  for (const warning of warnings) say(`warning: not loaded: ${warning}`);
}
