import { requireManager } from "../../service/manager.ts";
import { uninstallService } from "../../service/service.ts";
import { defineCommand } from "../command.ts";
import { commonArgs, instanceArgs } from "../common-args.ts";
import { locateAnyway } from "../locate.ts";
import { openLog } from "../log.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Take the service away, with its server and its files",
  examples: ["hearth service uninstall"],
  args: { ...commonArgs, ...instanceArgs },
  async run(args) {
    const { environment, instance, runtime } = await locateAnyway(args);
    const manager = await requireManager(runtime, environment);
    const removed = await uninstallService(manager, instance);
    if (args.json === true) return printData(`${JSON.stringify({ removed })}\n`);
    const log = await openLog(args);
    if (removed.length === 0) return void log.info(`No service is installed (instance ${instance.key})`);
    log.success("The service is gone; the next command starts a server of its own again");
    for (const path of removed) log.info(`Removed: ${path}`);
  },
});
