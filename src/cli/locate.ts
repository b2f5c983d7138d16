import type { LocalServer } from "../client/find-instance.ts";
import { parsePort } from "./connect.ts";
import { say } from "./print.ts";

/** The flags that say which instance is meant. */
export interface InstanceFlags {
  readonly config?: string | undefined;
  readonly "no-config"?: boolean | undefined;
  /** Where the search for a config starts; default: the working directory. */
  readonly directory?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/**
 * As `locate`, for commands that only look at a server or end it: a config that can't be used is a warning for them, and
 * no reason to leave its server alone.
 */
export function locateAnyway(
  flags: InstanceFlags & { readonly quiet?: boolean | undefined },
): Promise<LocalServer> {
  return locate(flags, (reason) => {
    if (flags.quiet === true) return;
    say(`warning: ${reason}`);
    say("warning: The server is looked for all the same, without what stands in this config");
  });
}

/** The instance that these flags mean, here; it is only named, neither asked nor started. */
export async function locate(
  flags: InstanceFlags,
  onUnusableConfig?: (reason: string) => void,
): Promise<LocalServer> {
  const { findInstance } = await import("../client/find-instance.ts");
  return await findInstance({
    cwd: flags.directory,
    config: flags["no-config"] === true ? false : flags.config,
    host: flags.host,
    port: parsePort(flags.port),
    onUnusableConfig,
  });
}
