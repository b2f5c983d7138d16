import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { cellArgs, inCell, typedValue } from "../session/cell-args.ts";
import { findSession, sessionArg } from "../session/find-session.ts";

export default defineCommand({
  description: "Write the value of a cell; where the session looks stays",
  examples: [
    "hearth session set 3f2a A --index ann --column grade",
    "hearth session set 3f2a 007 --text --index ann --column room",
    "hearth session set 3f2a null -i ann -c grade",
  ],
  args: {
    session: sessionArg,
    value: {
      type: "positional",
      required: true,
      description: "JSON where it is some (5, true, null, [1,2]), else a text",
    },
    ...cellArgs,
    subindex: {
      type: "string",
      valueHint: "VALUE",
      description: "Of a series: the selector's value in the row that is meant",
    },
    text: { type: "boolean", description: "The value is a text whatever it looks like" },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    const session = await findSession(client, args.session);
    const value = args.text === true ? args.value : typedValue(args.value);
    const row = args.subindex === undefined ? {} : { subindex: typedValue(args.subindex) };
    await inCell(session, args, (place) => session.set({ ...place, ...row }, value));
  },
});
