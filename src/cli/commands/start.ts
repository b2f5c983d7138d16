import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { startServer } from "../control/start.ts";
import { serverArgs } from "../server-args.ts";

export default defineCommand({
  description: "Start the server in the background, or add roots to the one that runs",
  examples: ["hearth start", "hearth start --root .", "hearth start --idle-timeout 1h"],
  args: { ...commonArgs, ...serverArgs },
  run: startServer,
});
