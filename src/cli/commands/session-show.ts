import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "Show a session: its interface, shape and columns, and where it looks",
  examples: ["hearth session show 3f2a", "hearth session show 3f2a --json"],
  args: { session: sessionArg, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const [info, index, column] = await Promise.all([
      session.info(),
      session.operate<{ index: unknown }>("get_index"),
      session.operate<{ column: string | null }>("get_column"),
    ]);
    const focus = { index: index.index, column: column.column };
    if (args.json === true) return printData(`${JSON.stringify({ ...info, focus })}\n`);
    const [rows, columns] = info.shape;
    const end = info.timeout === 0 ? "never" : `after ${info.timeout} s without use`;
    const lines: readonly (readonly [string, string])[] = [
      ["session", info.session_id],
      ["interface", info.interface_file],
      ["shape", `${rows} x ${columns}`],
      ["columns", info.columns.join(", ")],
      ["looks at", `${String(focus.index)}, ${String(focus.column)}`],
      ["memory", `${info.memory_mb} MiB`],
      ["ends", end],
    ];
    printData(lines.map(([name, value]) => `${`${name}:`.padEnd(11)}${value}\n`).join(""));
  },
});
