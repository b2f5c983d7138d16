import { stopInstance } from "../../lifecycle/stop.ts";
import { findService } from "../../service/find-service.ts";
import { type InstanceFlags, locateAnyway } from "../locate.ts";
import { printData } from "../print.ts";
import { openLog } from "../log.ts";

export interface StopFlags extends InstanceFlags {
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Stops the instance's server and says what was done; that none ran is no failure. */
export async function stopServer(flags: StopFlags): Promise<void> {
  const local = await locateAnyway(flags);
  const { runtime, instance } = local;
  const log = await openLog(flags);
  const outcome = await stopInstance({ runtime, instance, force: flags.force === true });
  if (flags.json === true) return printData(`${JSON.stringify(outcome)}\n`);
  if (outcome.kind === "not-running") log.info("No server was running");
  else log.success(`The server (pid ${outcome.pid}) was ${outcome.kind}`);
  const service = await findService(local);
  if (service === undefined) return;
  const next = service.manager.holdsPort ? "connection or command" : "command or login";
  log.info(`Its service starts it again at the next ${next}; to end that: hearth service uninstall`);
}
