import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData, say } from "../print.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "Write the outputs that were changed to the files of the interface",
  examples: ["hearth session save 3f2a", "hearth session save 3f2a output cache"],
  args: {
    session: sessionArg,
    sections: {
      type: "positional",
      multiple: true,
      description: "Sections of the interface; default: outputs that were changed",
    },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const { saved, skipped } = await session.save(args.sections.length === 0 ? undefined : args.sections);
    if (args.json === true) return printData(`${JSON.stringify({ saved, skipped })}\n`);
    if (args.quiet === true) return;
    for (const { section, path, rows } of saved) say(`${section}: ${rows} rows to ${path}`);
    for (const { section, reason } of skipped) say(`${section}: not saved, ${reason}`);
  },
});
