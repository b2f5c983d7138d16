import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { printData } from "../print.ts";
import { PROTOCOL, VERSION } from "../../version.ts";

export default defineCommand({
  description: "Print the version",
  examples: ["hearth version", "hearth version --json"],
  args: commonArgs,
  async run(args) {
    if (args.json !== true) return printData(`hearth ${VERSION}\n`);
    const { loadRuntime } = await import("../../runtime/detect.ts");
    const { name, version, isCompiled } = await loadRuntime();
    const runtime = { name, version, isCompiled };
    printData(`${JSON.stringify({ version: VERSION, protocol: PROTOCOL, runtime })}\n`);
  },
});
