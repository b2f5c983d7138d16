import type { Environment } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import type { ServiceFile, ServicePlan } from "./plan.ts";

/** How the parts of a service are, as its manager says. */
export interface ManagerState {
  /** Starts by itself: at a connection, or at login. */
  readonly isEnabled: boolean;
  /** Its port is held, or its agent loaded. */
  readonly isActive: boolean;
  /** In the manager's own word, such as "active"; of the server. */
  readonly server: string;
  /** Sentences about what is wrong, each with what to do. */
  readonly problems: readonly string[];
}

/** What looks after the services of this user: systemd's user manager, or launchd. */
export interface ServiceManager {
  readonly name: "systemd" | "launchd";
  /** True: it holds the port itself, and the server listens on its guests' socket alone. */
  readonly holdsPort: boolean;
  /** The files of an instance's service, whether or not they are there; the server's is the first. */
  paths(key: string): readonly string[];
  /** The files for a plan; pure. */
  files(plan: ServicePlan): readonly ServiceFile[];
  /** Throws `not-supported` when it can't be reached, or lacks a part. */
  check(): Promise<void>;
  /** Stops what runs of a service; one that is not there is no failure. */
  halt(key: string): Promise<void>;
  /** Takes files that were just written, and starts what has to be there. Throws `service-failed`. */
  take(key: string): Promise<void>;
  /** Lets a service go, before its files are removed. Never throws. */
  release(key: string): Promise<void>;
  /** Sees that files are gone. Never throws. */
  forget(key: string): Promise<void>;
  state(key: string): Promise<ManagerState>;
  /** Starts the server of an installed service, and ends when it is there or has failed. */
  startCommand(key: string): readonly [string, ...string[]];
  /** What its tools need to find it, beside the environment. */
  environment(): Environment;
  /** Sentences for who has just installed a service. */
  advice(key: string): readonly string[];
}

/** The manager of this system; undefined where hearth knows none. */
export async function serviceManager(
  runtime: Runtime,
  env: Environment,
  platform: string = process.platform,
): Promise<ServiceManager | undefined> {
  if (platform === "linux") return (await import("./systemd.ts")).createSystemd(runtime, env);
  if (platform === "darwin") return (await import("./launchd.ts")).createLaunchd(runtime, env);
  return undefined;
}

/** As `serviceManager`, for who can't go on without. Throws `not-supported`. */
export async function requireManager(runtime: Runtime, env: Environment): Promise<ServiceManager> {
  const manager = await serviceManager(runtime, env);
  if (manager !== undefined) return manager;
  throw new HearthError("not-supported", `hearth knows no service manager of ${process.platform}`, {
    hint: "`hearth start --idle-timeout 0` keeps a server in the background until it is stopped.",
  });
}
