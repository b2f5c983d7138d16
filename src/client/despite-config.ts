import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Environment, homeFolder, stateFolder } from "../config/folders.ts";
import { type Flags, valuesFromEnvironment, valuesFromFlags } from "../config/given-values.ts";
import { locateConfig } from "../config/load-config.ts";
import {
  type Instance,
  instanceConfig,
  instanceOf,
  instanceOfRecord,
  instancesFolder,
} from "../lifecycle/instance.ts";
import { readRecord } from "../lifecycle/record.ts";

/**
 * The instance of a config that can't be used, as far as it can be known: that of the server which wrote down that it
 * serves this config, else the one that the config's path, flags and variables name. Undefined where there is neither
 * such a file nor such a server: then it was not the config that is wrong. Throws what flags and variables throw.
 */
export function instanceDespiteConfig(flags: Flags, env: Environment, cwd: string): Instance | undefined {
  const base = { folder: cwd, home: homeFolder(env) };
  const layers = [valuesFromFlags(flags, base), valuesFromEnvironment(env, base)];
  const given = (name: "host" | "port") => layers.find((layer) => layer.has(name))?.get(name)?.value;
  const address = { host: given("host") as string | undefined, port: given("port") as number | undefined };
  const { path, isThere } = configPath(flags, env, cwd);
  const recorded = path === undefined ? undefined : recordedFor(path, address, env);
  if (recorded !== undefined || !isThere) return recorded;
  const { host = "127.0.0.1", port } = address;
  return instanceOf({ configRealPath: path, host, port, stateFolder: stateFolder(env), environment: env });
}

interface ConfigPlace {
  /** What names the instance; undefined for the user's own config. */
  readonly path: string | undefined;
  readonly isThere: boolean;
}

/** A file that was named and is gone may still have a server. */
function configPath(flags: Flags, env: Environment, cwd: string): ConfigPlace {
  try {
    const config = locateConfig(flags, env, cwd, []);
    return { path: instanceConfig(config), isThere: config !== undefined };
  } catch {
    const name = (flags["config"] as string | undefined) ?? env["HEARTH_CONFIG"] ?? "";
    return { path: resolve(cwd, name), isThere: false };
  }
}

/** The instance whose record names this config, and this address as far as one was given; of several the latest. */
function recordedFor(
  path: string,
  { host, port }: { readonly host: string | undefined; readonly port: number | undefined },
  env: Environment,
): Instance | undefined {
  const folder = instancesFolder(stateFolder(env));
  const [latest] = keysIn(folder)
    .flatMap((key) => {
      const record = readRecord(join(folder, key, "record.json"));
      return record === undefined ? [] : [{ key, record }];
    })
    .filter(({ record }) => record.configPath === path)
    .filter(({ record }) => record.host === (host ?? record.host) && record.port === (port ?? record.port))
    .sort((one, other) => (one.record.startedTime < other.record.startedTime ? 1 : -1));
  return latest === undefined ? undefined : instanceOfRecord(latest.key, latest.record, env);
}

function keysIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no server ever ran
  }
}
