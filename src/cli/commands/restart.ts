import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { restartServer } from "../control/restart.ts";
import { serverArgs } from "../server-args.ts";

export default defineCommand({
  description: "Stop the server and start it again in the background",
  examples: ["hearth restart", "hearth restart --idle-timeout 0"],
  args: { ...commonArgs, ...serverArgs },
  run: restartServer,
});
