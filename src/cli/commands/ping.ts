import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Ask whether the server answers; start it when none runs",
  examples: ["hearth ping", "hearth ping --json"],
  args: clientArgs,
  async run(args) {
    const client = await connect(args);
    const answer = await client.ping();
    if (args.json === true) printData(`${JSON.stringify(answer)}\n`);
    else if (args.quiet !== true) printData(`${answer.message}\n`);
  },
});
