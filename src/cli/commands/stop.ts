import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { stopServer } from "../control/stop.ts";

export default defineCommand({
  description: "Stop the server; returns when it is gone",
  examples: ["hearth stop", "hearth stop --force"],
  args: {
    force: { type: "boolean", description: "Kill it when it does not leave in time" },
    ...commonArgs,
    ...instanceArgs,
  },
  run: stopServer,
});
