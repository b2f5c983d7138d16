import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "End a session and forget its changes; files that were saved stay",
  examples: ["hearth session delete 3f2a"],
  args: { session: sessionArg, ...clientArgs },
  async run(args) {
    const client = await connect(args);
    await (await findSession(client, args.session)).delete();
  },
});
