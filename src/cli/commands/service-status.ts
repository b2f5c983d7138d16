import { requireManager } from "../../service/manager.ts";
import { serviceStatus } from "../../service/service.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { locateAnyway } from "../locate.ts";
import { printData } from "../print.ts";
import { serviceLines } from "../service/status-text.ts";
import { createPainter, hasColor } from "../terminal.ts";

/** Exit code that says: there is none. */
const NOT_INSTALLED = 3;

export default defineCommand({
  description:
    "Show whether the service is installed and enabled, where it listens, and what is wrong with it",
  examples: ["hearth service status", "hearth service status --json"],
  args: { ...commonArgs, ...instanceArgs },
  async run(args) {
    const { environment, instance, runtime } = await locateAnyway(args);
    const status = await serviceStatus(await requireManager(runtime, environment), instance);
    if (args.json === true) printData(`${JSON.stringify({ instance: instance.key, ...status })}\n`);
    else if (args.quiet !== true)
      printData(serviceLines(status, instance.key, createPainter(await hasColor(1))));
    if (!status.isInstalled) return NOT_INSTALLED;
    return status.problems.length > 0 ? 1 : 0;
  },
});
