import { HearthError } from "../../errors.ts";
import { askHealth } from "../../lifecycle/health.ts";
import { ensureInstanceFolder } from "../../lifecycle/instance-folder.ts";
import { stopInstance } from "../../lifecycle/stop.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { requireManager, type ServiceManager } from "../../service/manager.ts";
import { addressText, type ServicePlan } from "../../service/plan.ts";
import { installService } from "../../service/service.ts";
import type { LocalServer } from "../../client/find-instance.ts";
import { defineCommand } from "../command.ts";
import { openLog } from "../log.ts";
import { printData } from "../print.ts";
import { installArgs } from "../service/args.ts";
import { type InstallFlags, planService } from "../service/plan-service.ts";

export default defineCommand({
  description: "Make hearth a service of this user, with the settings given here",
  examples: [
    "hearth service install --root ~/data",
    "hearth service install --config project/hearth.yaml --idle-timeout 1h",
    "hearth service install --env HF_HOME --dry-run",
  ],
  args: installArgs,
  async run(args) {
    const flags = args as InstallFlags & { readonly json?: boolean; readonly quiet?: boolean };
    const manager = await requireManager(await loadRuntime(), process.env);
    const { plan, local, warnings } = await planService(flags, manager);
    const files = manager.files(plan);
    if (args["dry-run"] === true) {
      if (args.json === true) return printData(`${JSON.stringify({ manager: manager.name, files })}\n`);
      return printData(files.map(({ path, text }) => `# ${path}\n${text}`).join("\n"));
    }
    const log = await openLog(flags);
    for (const warning of warnings) log.warn(warning);
    await manager.check();
    await installService(manager, plan, () => makeRoom(local, plan, (sentence) => log.info(sentence)));
    const url = `http://${addressText(plan.address)}`;
    const paths = files.map(({ path }) => path);
    if (args.json === true) {
      printData(`${JSON.stringify({ manager: manager.name, instance: plan.key, url, files: paths })}\n`);
      return;
    }
    log.success(saidOf(manager, url));
    for (const path of paths) log.info(`Written: ${path}`);
    log.info(`To undo it: hearth service uninstall${instanceFlags(flags)}`);
    for (const sentence of manager.advice(plan.key)) log.info(sentence);
  },
});

/** The address must be free: this instance's own server is stopped, anybody else's is left alone. */
async function makeRoom(
  { instance, runtime }: LocalServer,
  { address }: ServicePlan,
  tell: (sentence: string) => void,
): Promise<void> {
  // The server's socket and its output are to be made there.
  ensureInstanceFolder(instance);
  const outcome = await stopInstance({ runtime, instance });
  if (outcome.kind !== "not-running")
    tell(`The server (pid ${outcome.pid}) was stopped; the service starts its own`);
  if ((await askHealth(runtime, address)).kind === "none") return;
  throw new HearthError("port-taken", `The address ${addressText(address)} is held by another program`, {
    hint: "Stop that, or choose another port: --port N.",
  });
}

function saidOf({ holdsPort }: ServiceManager, url: string): string {
  return holdsPort
    ? `hearth is a service now: the first connection to ${url} starts it, and it leaves when idle`
    : `hearth is a service now: it listens on ${url}, from every login on`;
}

/** What names the same instance to the other commands. */
function instanceFlags({ config, host, port, ...others }: InstallFlags): string {
  const named = { config, host, port };
  const words = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  return [...(others["no-config"] === true ? ["--no-config"] : []), ...words]
    .map((word) => ` ${word}`)
    .join("");
}
