import type { Supervisor } from "../lifecycle/running-server.ts";
import type { Runtime } from "../runtime/types.ts";
import { runTool } from "./run-tool.ts";
import { namesOf } from "./systemd-units.ts";

/** Tells systemd, which started this process, how it is. */
export interface Notifier extends Supervisor {
  ready(): Promise<void>;
}

/**
 * What tells systemd, where it waits to be told (`Type=notify`); undefined where it doesn't. Takes the variable out of
 * the environment, so that no child speaks in our name. By systemd's own tools: no runtime sends on sockets of datagrams.
 *
 * @param serviceName `serviceName` of the service that this is; its proxy is stopped when nobody needs it any more
 */
export function takeNotifier(
  runtime: Runtime,
  env: Record<string, string | undefined>,
  serviceName: string | undefined,
): Notifier | undefined {
  const socket = env["NOTIFY_SOCKET"];
  if (socket === undefined || socket === "") return undefined;
  delete env["NOTIFY_SOCKET"];
  const run = async (tool: string, ...words: string[]): Promise<void> => {
    await runTool(runtime, { ...env, NOTIFY_SOCKET: socket }, [tool, ...words]);
  };
  return {
    ready: () => run("systemd-notify", "--ready"),
    leaving: () => run("systemd-notify", "STOPPING=1"),
    ...(serviceName === undefined
      ? {}
      : { closeFront: () => run("systemctl", "--user", "stop", namesOf(serviceName).proxy) }),
  };
}
