import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { checkConfig } from "../control/check-config.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Check a config file; problems are named with line and column",
  examples: ["hearth config check", "hearth config check ./hearth.yaml"],
  args: {
    file: {
      type: "positional",
      description: "Config file; default: the one that is found here",
      valueHint: "FILE",
    },
    ...commonArgs,
  },
  async run(args) {
    const { file, warnings } = await checkConfig(args.file);
    if (args.json === true) return printData(`${JSON.stringify({ file, warnings })}\n`);
    if (args.quiet === true) return;
    for (const warning of warnings) say(`warning: ${warning}`);
    say(`${file} can be used`);
  },
});
