import type { Environment } from "../config/folders.ts";
import type { Instance } from "../lifecycle/instance.ts";
import type { ServiceStart } from "../lifecycle/start.ts";
import type { Runtime } from "../runtime/types.ts";
import { isInstalled } from "./service.ts";
import { serviceManager, type ServiceManager } from "./manager.ts";
import { guestSocketOf } from "./plan.ts";

/** The service of a local instance. */
export interface InstalledService {
  readonly manager: ServiceManager;
  /** Starts its server. */
  readonly startCommand: readonly [string, ...string[]];
  /** The environment for that. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For a server that is started without the manager: it must leave the address to it. */
  readonly serveArgs: readonly string[];
}

/** A local instance, and the environment of who asks. */
export interface ServicePlace {
  readonly runtime: Runtime;
  readonly instance: Instance;
  readonly environment: Environment;
}

/** The service of an instance, by its files; undefined when none is installed. */
export async function findService(local: ServicePlace): Promise<InstalledService | undefined> {
  const { environment, instance, runtime } = local;
  const manager = await serviceManager(runtime, environment);
  if (manager === undefined || !isInstalled(manager, instance)) return undefined;
  return {
    manager,
    startCommand: manager.startCommand(instance.key),
    environment: manager.environment(),
    serveArgs: manager.holdsPort ? ["--no-tcp", "--guest-socket", guestSocketOf(instance)] : [],
  };
}

/** How `ensureRunning` starts the server of a service; `tell` hears when that failed and it was started without. */
export function serviceStart(
  service: InstalledService | undefined,
  tell?: (sentence: string) => void,
): ServiceStart | undefined {
  if (service === undefined) return undefined;
  return {
    command: service.startCommand,
    env: service.environment,
    onFailed: (reason) =>
      tell?.(
        `The service could not start the server (${reason}), so it was started without; \`hearth service status\` tells more`,
      ),
  };
}
