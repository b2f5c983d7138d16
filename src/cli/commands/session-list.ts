import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { outputArgs } from "../output-args.ts";
import { chooseFormat } from "../output/choose-format.ts";
import { emitTable } from "../output/emit-table.ts";
import { parseCount } from "../query/parse-pairs.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "List the sessions, those made over HTTP too",
  examples: ["hearth session list", "hearth session list --json"],
  args: { ...outputArgs, ...clientArgs },
  async run(args) {
    const format = chooseFormat(args, await isTerminal(1));
    const client = await connect(args);
    const lines = (await client.sessions()).map((facts) => {
      const { session_id: id, interface_file, shape, idle_seconds, timeout, made_by } = facts;
      const [rows, columns] = shape;
      const times = { idle_seconds: Math.round(idle_seconds), timeout };
      return `${JSON.stringify({ id, interface: interface_file, rows, columns, ...times, made_by })}\n`;
    });
    const stream = new Response(lines.join("")).body ?? new ReadableStream();
    const output = args.output === "-" ? undefined : args.output;
    const { all = false, quiet = false } = args;
    await emitTable(stream, { format, output, limit: parseCount("limit", args.limit), all, quiet });
  },
});
