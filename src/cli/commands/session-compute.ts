import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData, say } from "../print.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "Run what the interface computes over all rows; cells that have a value stay",
  examples: ["hearth session compute 3f2a"],
  args: { session: sessionArg, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const { cells, warnings = [] } = await session.compute();
    if (args.quiet !== true) for (const warning of warnings) say(`warning: ${warning}`);
    if (args.json === true) printData(`${JSON.stringify({ cells })}\n`);
    else if (args.quiet !== true) say(`${cells} ${cells === 1 ? "cell" : "cells"} computed`);
  },
});
