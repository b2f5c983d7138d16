import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Load an interface with all it inherits, and look whether its sections can be used",
  examples: ["hearth interface check interface.yml", "hearth interface check interface.yml --json"],
  args: {
    file: { type: "positional", required: true, description: "The interface", valueHint: "FILE" },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    const report = await client.checkInterface(args.file);
    const { files, sections, problems } = report;
    if (args.json === true) printData(`${JSON.stringify({ files, sections, problems })}\n`);
    else {
      if (args.quiet !== true) {
        for (const file of files) printData(`${file}\n`);
        for (const { name, type } of sections) printData(`  ${name}: ${type}\n`);
      }
      for (const problem of problems) printData(`problem: ${problem}\n`);
    }
    return problems.length === 0 ? 0 : 1;
  },
});
