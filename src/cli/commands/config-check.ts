import { resolveSettings } from "../../config/resolve.ts";
import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { findProjectConfig } from "../control/project-config.ts";
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
    const file = args.file ?? findProjectConfig();
    if (file === undefined) {
      throw new HearthError("usage", "There is no hearth.yaml or hearth.json here", {
        hint: "Name the file.",
      });
    }
    // Named, so all of it is looked at; nothing is started by it.
    const { warnings } = await resolveSettings({ flags: { config: file }, env: {}, cwd: process.cwd() });
    if (args.json === true) return printData(`${JSON.stringify({ file, warnings })}\n`);
    if (args.quiet === true) return;
    for (const warning of warnings) say(`warning: ${warning}`);
    say(`${file} can be used`);
  },
});
