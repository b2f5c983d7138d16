import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { outputArgs } from "../output-args.ts";
import { chooseFormat } from "../output/choose-format.ts";
import { emitTable, wireFormat } from "../output/emit-table.ts";
import { parseCount } from "../query/parse-pairs.ts";
import { findSession, sessionArg } from "../session/find-session.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "Print all rows and columns of a session, or write them to a file",
  examples: ["hearth session export 3f2a", "hearth session export 3f2a -o grades.csv"],
  args: { session: sessionArg, ...outputArgs, ...clientArgs },
  async run(args) {
    const format = chooseFormat(args, await isTerminal(1));
    const limit = parseCount("limit", args.limit);
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const stream = await session.tableStream(wireFormat(format));
    const columns = async () => (await session.info()).columns;
    const output = args.output === "-" ? undefined : args.output;
    const { all = false, quiet = false } = args;
    await emitTable(stream, { format, output, limit, all, quiet, columns });
  },
});
