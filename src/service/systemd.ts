import { existsSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Environment, homeFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import type { ServiceManager } from "./manager.ts";
import { runTool, type ToolResult } from "./run-tool.ts";
import { parseUnitStates, stateOf } from "./systemd-state.ts";
import { systemdUnits, unitNames } from "./systemd-units.ts";

const PROXY_PROGRAMS = [
  "/usr/lib/systemd/systemd-socket-proxyd",
  "/lib/systemd/systemd-socket-proxyd",
  "/run/current-system/systemd/lib/systemd/systemd-socket-proxyd",
] as const;

/** systemd's manager of this user's services. */
export function createSystemd(runtime: Runtime, given: Environment): ServiceManager {
  const env = withRuntimeFolder(given);
  const folder = userUnitFolder(env);
  const proxyProgram = PROXY_PROGRAMS.find((path) => existsSync(path));
  const run = (...args: string[]) => runTool(runtime, env, ["systemctl", "--user", ...args]);

  async function succeed(...args: string[]): Promise<void> {
    const result = await run(...args);
    if (result?.exitCode === 0) return;
    const said = result === undefined ? "there is no systemctl" : result.reason;
    throw new HearthError("service-failed", `systemctl --user ${args.join(" ")}: ${said}`, {
      hint: "`journalctl --user -e` may tell more.",
    });
  }

  return {
    name: "systemd",
    holdsPort: true,
    paths(key) {
      const { proxy, server, socket } = unitNames(key);
      return [server, proxy, socket].map((name) => join(folder, name));
    },
    files: (plan) => systemdUnits(plan, folder, proxyProgram ?? PROXY_PROGRAMS[0]),
    async check() {
      checkManager(await run("show-environment"));
      if (proxyProgram !== undefined) return;
      throw new HearthError("not-supported", "This systemd has no systemd-socket-proxyd", {
        hint: "Install the package of the system that has it (systemd, systemd-container or systemd-extra).",
      });
    },
    async halt(key) {
      const { proxy, server, socket } = unitNames(key);
      await run("stop", socket, proxy, server);
    },
    async take(key) {
      const { proxy, server, socket } = unitNames(key);
      await succeed("daemon-reload");
      await run("reset-failed", socket, proxy, server);
      await succeed("enable", "--now", socket);
    },
    async release(key) {
      const { proxy, server, socket } = unitNames(key);
      await run("disable", "--now", socket);
      await run("stop", proxy, server);
    },
    async forget(key) {
      const { proxy, server, socket } = unitNames(key);
      // What `enable` made, where no manager was there to take it back.
      rmSync(join(folder, "sockets.target.wants", socket), { force: true });
      await run("daemon-reload");
      await run("reset-failed", socket, proxy, server);
    },
    async state(key) {
      const names = unitNames(key);
      const properties = "Id,LoadState,UnitFileState,ActiveState,Result,NeedDaemonReload";
      const result = await run("show", `--property=${properties}`, names.server, names.proxy, names.socket);
      return stateOf(names, result?.exitCode === 0 ? parseUnitStates(result.stdout) : undefined);
    },
    startCommand: (key) => ["systemctl", "--user", "start", unitNames(key).server],
    environment: () => env,
    advice: () =>
      lingers(env) ? [] : ["To have it from boot on, before and after a login: loginctl enable-linger"],
  };
}

/** Where the user's units lie. */
function userUnitFolder(env: Environment): string {
  const named = env["XDG_CONFIG_HOME"];
  const base = named !== undefined && isAbsolute(named) ? named : join(homeFolder(env) ?? "/", ".config");
  return join(base, "systemd", "user");
}

/** Under cron, sudo and some ssh the variable by which the manager is found is not set. */
function withRuntimeFolder(env: Environment): Environment {
  if (env["XDG_RUNTIME_DIR"]) return env;
  const uid = process.getuid?.();
  const usual = `/run/user/${uid}`;
  return statSync(usual, { throwIfNoEntry: false })?.uid === uid ? { ...env, XDG_RUNTIME_DIR: usual } : env;
}

function checkManager(result: ToolResult | undefined): void {
  if (result?.exitCode === 0) return;
  const hint = "`hearth start --idle-timeout 0` keeps a server in the background until it is stopped.";
  if (result === undefined) {
    throw new HearthError("not-supported", "There is no systemd here: systemctl was not found", { hint });
  }
  throw new HearthError("not-supported", `systemd's user manager can't be reached: ${result.reason}`, {
    hint: `Log in as this user itself (not by su or sudo), or once as root: loginctl enable-linger USER. Without it, ${hint}`,
  });
}

function lingers(env: Environment): boolean {
  const user = env["USER"] || env["LOGNAME"];
  return user !== undefined && !user.includes("/") && existsSync(`/var/lib/systemd/linger/${user}`);
}
