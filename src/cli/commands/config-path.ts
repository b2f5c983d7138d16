import { locateConfig } from "../../config/load-config.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Print the path of the config in use; exit code 1 when there is none",
  examples: ["hearth config path", "$EDITOR $(hearth config path)"],
  args: { ...commonArgs, config: instanceArgs.config },
  async run(args) {
    const warnings: string[] = [];
    const found = locateConfig({ config: args.config }, process.env, process.cwd(), warnings);
    if (args.quiet !== true) for (const warning of warnings) say(`warning: ${warning}`);
    if (args.json === true) printData(`${JSON.stringify(found ?? null)}\n`);
    else if (found !== undefined) printData(`${found.path}\n`);
    else if (args.quiet !== true)
      say("No config is in use: there is no hearth.yaml or hearth.json here or above");
    return found === undefined ? 1 : 0;
  },
});
