import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { tellStatus } from "../control/status.ts";

export default defineCommand({
  description: "Show whether the server runs, and how it is; exit code 3 when it does not",
  examples: ["hearth status", "hearth status --json"],
  args: { ...commonArgs, ...instanceArgs },
  run: tellStatus,
});
