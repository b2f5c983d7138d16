import { isAbsolute, resolve } from "node:path";
import { locateConfig } from "../config/load-config.ts";
import { type Environment, stateFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import { type Instance, instanceOf, instanceOfSettings } from "../lifecycle/instance.ts";
import { loadRuntime } from "../runtime/detect.ts";
import type { Runtime } from "../runtime/types.ts";

/** What says which local server is meant; absent values come from the environment, the config and the defaults. */
export interface InstanceOptions {
  readonly cwd?: string | undefined;
  /** False: no config at all. */
  readonly config?: string | false | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly stateDir?: string | undefined;
  /**
   * Told why a config can't be used; the instance is then named as far as it is known without. For who only looks at a
   * server or ends it: a slip in its config must not keep anybody from that. Without it such a config is thrown.
   */
  readonly onUnusableConfig?: ((reason: string) => void) | undefined;
}

/** A local instance, whether or not its server runs, and how to start it. */
export interface LocalServer {
  readonly runtime: Runtime;
  readonly instance: Instance;
  /** Absolute; need not exist yet. */
  readonly stateFolder: string;
  /** Where relative paths start. */
  readonly cwd: string;
  /** The environment of this client, and of a server that it starts. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a person should know of the config, as sentences: what is not used of it, and why. */
  readonly notices: readonly string[];
  /** Arguments of a hearth that becomes this instance's server in the background. */
  serveArgs(extra?: readonly string[]): readonly string[];
}

/**
 * Names the local instance without asking or starting anything. A config is read only where there is one. Throws
 * `config-invalid`, `usage` and `state-unusable`.
 */
export async function findInstance(options: InstanceOptions = {}): Promise<LocalServer> {
  const cwd = options.cwd ?? process.cwd();
  const { stateDir } = options;
  const given = stateDir === undefined ? process.env : { ...process.env, HEARTH_STATE_DIR: stateDir };
  const folder = stateFolder(given);
  const environment = absoluteFolders(given);
  const [runtime, found] = await Promise.all([loadRuntime(), nameDespiteConfig(options, environment, cwd)]);
  const { notices, instance } = found;
  return {
    runtime,
    instance,
    stateFolder: folder,
    cwd,
    environment,
    notices,
    serveArgs: (extra = []) => ["serve", "--background", "--directory", cwd, ...flagsOf(options), ...extra],
  };
}

/** A server in the background works in another folder than who starts it: what is written relative to ours would move. */
function absoluteFolders(env: Environment): Environment {
  const relative = ["HEARTH_STATE_DIR", "HEARTH_CACHE_DIR"].filter(
    (name) => env[name] && !isAbsolute(env[name]),
  );
  if (relative.length === 0) return env;
  return { ...env, ...Object.fromEntries(relative.map((name) => [name, resolve(env[name] as string)])) };
}

async function nameDespiteConfig(
  options: InstanceOptions,
  env: Environment,
  cwd: string,
): Promise<NamedInstance> {
  try {
    return await nameInstance(options, env, cwd);
  } catch (error) {
    const { onUnusableConfig } = options;
    if (onUnusableConfig === undefined) throw error;
    if (!(error instanceof HearthError) || error.code !== "config-invalid") throw error;
    const { instanceDespiteConfig } = await import("./despite-config.ts");
    const instance = instanceDespiteConfig(flagsFor(options), env, cwd);
    if (instance === undefined) throw error;
    onUnusableConfig(error.message);
    return { instance, notices: [] };
  }
}

function flagsFor({ config, host, port }: InstanceOptions) {
  return { config, host, port: port?.toString() };
}

type NamedInstance = Pick<LocalServer, "instance" | "notices">;

async function nameInstance(options: InstanceOptions, env: Environment, cwd: string): Promise<NamedInstance> {
  const flags = flagsFor(options);
  const notices: string[] = [];
  const plain = plainAddress(options, env);
  if (plain !== undefined && locateConfig(flags, env, cwd, notices) === undefined) {
    const address = { configRealPath: undefined, ...plain };
    return { instance: instanceOf({ ...address, stateFolder: stateFolder(env), environment: env }), notices };
  }
  const [{ resolveSettings }, { waitingSentence }] = await Promise.all([
    import("../config/resolve.ts"),
    import("../config/resolved.ts"),
  ]);
  const resolved = await resolveSettings({ flags, env, cwd });
  if (options.onUnusableConfig !== undefined && resolved.config?.isBroken === true) {
    throw new HearthError("config-invalid", resolved.warnings.join("\n"));
  }
  const waiting = waitingSentence(resolved) ?? [];
  return { instance: instanceOfSettings(resolved, env), notices: resolved.warnings.concat(waiting) };
}

const DEFAULT_HOST = "127.0.0.1";

/**
 * The address when nothing but a config could say another: the usual case, in which no setting has to be resolved.
 * Undefined when there is more to it, or a port that isn't one, which resolving says in words.
 */
function plainAddress(
  { host, port }: InstanceOptions,
  env: Environment,
): { host: string; port: number | undefined } | undefined {
  if (host !== undefined || env["HEARTH_HOST"]) return undefined;
  const written = env["HEARTH_PORT"];
  if (port !== undefined || !written) return { host: DEFAULT_HOST, port };
  const named = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
  return named <= 65_535 ? { host: DEFAULT_HOST, port: named } : undefined;
}

function flagsOf({ config, host, port }: InstanceOptions): string[] {
  const flags = { config: config === false ? undefined : config, host, port: port?.toString() };
  const written = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return config === false ? ["--no-config", ...written] : written;
}
