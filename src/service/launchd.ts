import { type Environment, homeFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import { agentLabel, agentPath, launchdAgent } from "./launchd-plist.ts";
import type { ServiceManager } from "./manager.ts";
import { runTool } from "./run-tool.ts";

/** launchd, as the agents of a user who is logged in at the screen see it. */
export function createLaunchd(runtime: Runtime, env: Environment): ServiceManager {
  const home = homeFolder(env) ?? "/";
  const domain = `gui/${process.getuid?.() ?? 0}`;
  const targetOf = (key: string) => `${domain}/${agentLabel(key)}`;
  const run = (...args: string[]) => runTool(runtime, env, ["launchctl", ...args]);

  return {
    name: "launchd",
    holdsPort: false,
    paths: (key) => [agentPath(key, home)],
    files: (plan) => [launchdAgent(plan, home)],
    async check() {
      const result = await run("print", domain);
      if (result?.exitCode === 0) return;
      const reason = result === undefined ? "there is no launchctl" : result.reason;
      throw new HearthError("not-supported", `launchd's agents can't be reached: ${reason}`, {
        hint: "Log in at the screen of this Mac: agents belong to such a session.",
      });
    },
    async halt(key) {
      await run("bootout", targetOf(key));
    },
    async take(key) {
      await run("enable", targetOf(key));
      const result = await run("bootstrap", domain, agentPath(key, home));
      if (result?.exitCode === 0) return;
      throw new HearthError("service-failed", `launchctl bootstrap: ${result?.reason ?? "not found"}`, {
        hint: `\`launchctl print ${targetOf(key)}\` may tell more.`,
      });
    },
    async release(key) {
      await run("bootout", targetOf(key));
    },
    async forget() {},
    async state(key) {
      const result = await run("print", targetOf(key));
      const isActive = result?.exitCode === 0;
      const server = /^\s*state = (.+)$/m.exec(result?.stdout ?? "")?.[1] ?? "not loaded";
      const load = `launchctl bootstrap ${domain} "${agentPath(key, home)}"`;
      return {
        isEnabled: isActive,
        isActive,
        server,
        problems: isActive ? [] : [`It is not loaded: ${load}`],
      };
    },
    startCommand: (key) => ["launchctl", "kickstart", targetOf(key)],
    environment: () => env,
    advice: () => [],
  };
}
