import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Print one field of an interface as JSON, inherited ones included",
  examples: ["hearth interface read _lamd.yml title", "hearth interface read interface.yml input"],
  args: {
    file: { type: "positional", required: true, description: "The interface", valueHint: "FILE" },
    field: { type: "positional", required: true, description: "A key at its top level" },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    printData(`${JSON.stringify(await client.field(args.file, args.field))}\n`);
  },
});
