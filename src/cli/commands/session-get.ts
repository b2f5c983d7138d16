import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";
import { cellArgs, inCell } from "../session/cell-args.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "Print the value of a cell; where the session looks stays",
  examples: [
    "hearth session get 3f2a",
    "hearth session get 3f2a --index ann --column grade",
    "hearth session get 3f2a -c grade --json",
  ],
  args: { session: sessionArg, ...cellArgs, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const isFocus = args.index === undefined && args.column === undefined;
    const value = isFocus
      ? (await session.operate<{ value: unknown }>("get_value")).value
      : await inCell(session, args, (place) => session.get(place));
    const isPlain = typeof value === "string" && args.json !== true;
    printData(`${isPlain ? value : JSON.stringify(value)}\n`);
  },
});
