import { parseDuration } from "../../config/duration.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Load an interface as a session and print its id",
  examples: ["hearth session create grades.yml", "id=$(hearth session create grades.yml --keep 0)"],
  args: {
    file: { type: "positional", required: true, description: "The interface", valueHint: "FILE" },
    field: {
      type: "string",
      valueHint: "KEY",
      description: "Take this key's mapping of the file for the interface",
    },
    keep: {
      type: "string",
      valueHint: "DURATION",
      description: "End it after so long without use; default 1h, 0: never",
    },
    ...clientArgs,
  },
  async run(args) {
    const { field, keep } = args;
    const client = await connect(args);
    const session = await client.createSession(args.file, {
      ...(field === undefined ? {} : { field }),
      ...(keep === undefined ? {} : { timeout: parseDuration(keep, "--keep") }),
    });
    printData(args.json === true ? `${JSON.stringify(await session.info())}\n` : `${session.id}\n`);
  },
});
