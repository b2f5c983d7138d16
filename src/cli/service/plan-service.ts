import { lookup } from "node:dns/promises";
import { realpathSync } from "node:fs";
import { isIP } from "node:net";
import { delimiter, dirname, join } from "node:path";
import type { Environment } from "../../config/folders.ts";
import { isDenial } from "../../config/given-values.ts";
import { SETTING_KEYS } from "../../config/keys.ts";
import type { ResolvedSettings } from "../../config/resolved.ts";
import { resolveSettings } from "../../config/resolve.ts";
import { HearthError } from "../../errors.ts";
import { checkExposure } from "../../server/exposure.ts";
import { instanceConfig, type Instance, portSequence } from "../../lifecycle/instance.ts";
import type { ServiceManager } from "../../service/manager.ts";
import { guestSocketOf, serviceName, type ServicePlan } from "../../service/plan.ts";
import type { LocalServer } from "../../client/find-instance.ts";
import { namedRoots } from "../control/roots.ts";
import { type InstanceFlags, locate } from "../locate.ts";
import { settingFlags } from "../server-args.ts";
import { lostVariables, serviceEnvironment } from "./service-environment.ts";

/** The flags of `hearth service install`, as the parser gave them. */
export interface InstallFlags extends InstanceFlags {
  readonly root?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly [flag: string]: string | boolean | readonly string[] | undefined;
}

export interface PlannedService {
  readonly plan: ServicePlan;
  readonly local: LocalServer;
  /** Sentences about what the service will not have. */
  readonly warnings: readonly string[];
}

/** Flags of the service's `hearth serve`, absolute, by name. */
type ServeFlags = Record<string, string | boolean | readonly string[]>;

/**
 * What a service for these flags runs, checked as its server will see it: with its own environment, from no folder. Writes
 * and starts nothing. Throws `usage`, `config-invalid`.
 */
export async function planService(flags: InstallFlags, manager: ServiceManager): Promise<PlannedService> {
  const local = await locate(flags);
  const { environment: env, instance, runtime } = local;
  const resolved = await resolveSettings({ flags: settingFlags(flags), env, cwd: local.cwd });
  const environment = serviceEnvironment(env, flags.env ?? []);
  const serveFlags = serveFlagsOf(flags, resolved, instance);
  const seen = await checkAsService(serveFlags, environment);
  if (!manager.holdsPort && seen.origins.idleTimeout.origin === "default") serveFlags["idle-timeout"] = "0";
  const words = ["serve", "--service", serviceName(instance.key), "--directory", "/", ...wordsOf(serveFlags)];
  const lost = lostVariables(env, environment);
  return {
    local,
    warnings: [...seen.warnings, ...(lost === undefined ? [] : [lost])],
    plan: {
      key: instance.key,
      id: instance.id,
      command: lastingCommand(runtime.selfCommand(words), runtime.isCompiled, env),
      environment,
      address: { host: await ipOf(instance.host), port: portOf(instance) },
      guestSocketPath: guestSocketOf(instance),
      outputPath: instance.startLogPath,
    },
  };
}

function serveFlagsOf(flags: InstallFlags, resolved: ResolvedSettings, instance: Instance): ServeFlags {
  const { config } = resolved;
  if (config !== undefined && !config.isTrusted) {
    throw new HearthError(
      "config-invalid",
      `${config.path} is not trusted yet, and a service would obey it`,
      {
        hint: "Run `hearth trust`, or name it: --config FILE.",
      },
    );
  }
  const file = instanceConfig(config);
  // The project's folder is a root of a server that found its config there.
  const projectRoot = config?.how === "found" ? [dirname(config.realPath)] : [];
  const roots = [...new Set([...namedRoots(flags.root), ...projectRoot])];
  const none = flags["no-config"] === true ? { config: false } : {};
  return {
    ...none,
    ...(file === undefined ? {} : { config: file }),
    host: instance.host,
    ...(instance.portRule.kind === "fixed" ? { port: String(instance.portRule.port) } : {}),
    ...(roots.length > 0 ? { root: roots } : {}),
    ...givenSettings(flags, resolved),
  };
}

/** The other settings among the flags, with absolute paths. */
function givenSettings(flags: InstallFlags, { origins }: ResolvedSettings): ServeFlags {
  const given: ServeFlags = {};
  for (const { flag, key, kind } of SETTING_KEYS) {
    const isElsewhere = key === "host" || key === "port" || key === "roots";
    const written = flag === undefined ? undefined : flags[flag];
    if (flag === undefined || isElsewhere || written === undefined || origins[key].origin !== "flag")
      continue;
    const isPath = kind === "path" || kind === "paths";
    given[flag] = isPath ? (origins[key].value as string | readonly string[]) : written;
  }
  return given;
}

function wordsOf(flags: ServeFlags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (name === "config" && value === false) return ["--no-config"];
    if (typeof value === "boolean") return [isDenial(name) || !value ? `--${name}=${value}` : `--${name}`];
    const values = typeof value === "string" ? [value] : value;
    return values.flatMap((text) => [`--${name}`, text]);
  });
}

/** A mistake is told now, and not to a journal when the first connection comes. */
async function checkAsService(flags: ServeFlags, env: Environment): Promise<ResolvedSettings> {
  try {
    const seen = await resolveSettings({ flags, env, cwd: "/" });
    const { host, token } = seen.settings;
    checkExposure(host, token !== undefined, "Give --token-file FILE, or listen on 127.0.0.1.");
    const { readModels } = await import("../../models/config/read-models.ts");
    readModels(seen.models, env);
    return seen;
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    const hint =
      error.hint ?? "The service has few variables of this environment; --env NAME keeps one for it.";
    throw new HearthError(error.code, error.message, { hint, cause: error });
  }
}

/** By the name in PATH that leads to the binary: an update may put the binary itself elsewhere. */
function lastingCommand(
  command: [string, ...string[]],
  isCompiled: boolean,
  env: Environment,
): [string, ...string[]] {
  if (!isCompiled) return command;
  const [program, ...words] = command;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  const lasting = folders.map((folder) => join(folder, "hearth")).find((path) => leadsTo(path, program));
  return [lasting ?? program, ...words];
}

function leadsTo(path: string, program: string): boolean {
  try {
    return realpathSync(path) === realpathSync(program);
  } catch {
    return false;
  }
}

function portOf({ portRule }: Instance): number {
  if (portRule.kind !== "any") return portSequence(portRule).next().value as number;
  throw new HearthError("usage", "A service needs a port of its own, but the port is 0", {
    hint: "Name one: --port N.",
  });
}

async function ipOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  if (host === "localhost") return "127.0.0.1";
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new HearthError("address-invalid", `The name ${host} has no address`, { cause });
  }
}
