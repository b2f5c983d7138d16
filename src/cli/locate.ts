import type { LocalServer } from "../client/find-instance.ts";
import { parsePort } from "./connect.ts";

/** The flags that say which instance is meant. */
export interface InstanceFlags {
  readonly config?: string | undefined;
  readonly "no-config"?: boolean | undefined;
  /** Where the search for a config starts; default: the working directory. */
  readonly directory?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** The instance that these flags mean, here; it is only named, neither asked nor started. */
export async function locate(flags: InstanceFlags): Promise<LocalServer> {
  const { findInstance } = await import("../client/find-instance.ts");
  return await findInstance({
    cwd: flags.directory,
    config: flags["no-config"] === true ? false : flags.config,
    host: flags.host,
    port: parsePort(flags.port),
  });
}
