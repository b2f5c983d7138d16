import { join } from "node:path";
import { type Environment, stateFolder } from "../config/folders.ts";
import type { ConfigInUse, ResolvedSettings } from "../config/resolved.ts";
import { hashText, shortHash } from "./hash.ts";
import type { InstanceRecord } from "./record.ts";
import { chooseSocketPath } from "./socket-path.ts";

/** lynguine's default port, so its client finds hearth where it looks. */
export const DEFAULT_PORT = 8765;
const FIRST_DERIVED_PORT = 20_000;
const DERIVED_PORTS = 10_000;
/** How many strangers in a row may hold a derived port before a start gives up. */
const DERIVED_TRIES = 64;

/** What tells one instance from another: its config file (or none) and its address. */
export interface InstanceOptions {
  /** Real path of the config file; undefined without one, and for the user's own. */
  readonly configRealPath: string | undefined;
  readonly host: string;
  /** A number, 0 for any free one; undefined: 8765 without a project config, else derived from the config's path. */
  readonly port: number | undefined;
  /** Absolute; need not exist yet. */
  readonly stateFolder: string;
  /** Where `XDG_RUNTIME_DIR` and `TMPDIR` are looked up; default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Which TCP ports an instance tries: the one that was set, any, or a sequence that all its contenders share. */
export type PortRule =
  | { readonly kind: "fixed"; readonly port: number }
  | { readonly kind: "any" }
  | { readonly kind: "derived"; readonly first: number };

/** One server's place in the world: names only, nothing is created or asked. */
export interface Instance {
  /** Readable name: "default", "127-0-0-1-9000", "my-project-1x2y3z4w". */
  readonly key: string;
  /** Tells it from another user's, or another state folder's, instance of the same key. */
  readonly id: string;
  readonly configPath: string | undefined;
  readonly host: string;
  readonly portRule: PortRule;
  readonly stateFolder: string;
  /** `<state>/instances/<key>`, of mode 0700 once made; everything of this instance lies in it. */
  readonly folder: string;
  /** The owner's Unix socket; at most 100 bytes, so possibly outside `folder`. */
  readonly socketPath: string;
  readonly recordPath: string;
  /** The structured log; its predecessor is `logPath` + ".1". */
  readonly logPath: string;
  /** Standard output and error of a background server. */
  readonly startLogPath: string;
}

/**
 * Names the instance that these settings mean. Client and server call it alike, so both find the same socket. Throws
 * `state-unusable` when the socket's path would be too long and there is no private folder for a shorter one.
 *
 * @example instanceOf({ configRealPath: undefined, host: "127.0.0.1", port: undefined, stateFolder }).key // "default"
 */
export function instanceOf(options: InstanceOptions): Instance {
  const { configRealPath: configPath, host, stateFolder, environment = process.env } = options;
  const portRule = portRuleOf(options);
  return instanceAt(instanceKey(options, portRule), { configPath, host, portRule, stateFolder }, environment);
}

/** The instance that a record is about, by the name of the folder in which it lies. Throws as `instanceOf`. */
export function instanceOfRecord(
  key: string,
  { configPath, host, port }: InstanceRecord,
  environment: Environment,
): Instance {
  const portRule: PortRule = port === undefined ? { kind: "any" } : { kind: "fixed", port };
  return instanceAt(key, { configPath, host, portRule, stateFolder: stateFolder(environment) }, environment);
}

/** The folder that holds the instances' folders, each named by its key. */
export function instancesFolder(stateFolder: string): string {
  return join(stateFolder, "instances");
}

function instanceAt(
  key: string,
  known: Pick<Instance, "configPath" | "host" | "portRule" | "stateFolder">,
  environment: Environment,
): Instance {
  const folder = join(instancesFolder(known.stateFolder), key);
  const id = shortHash(`${process.getuid?.() ?? 0}\n${known.stateFolder}\n${key}`);
  const recordPath = join(folder, "record.json");
  return {
    ...known,
    key,
    id,
    folder,
    socketPath: chooseSocketPath({ folder, id, recordPath, environment }),
    recordPath,
    logPath: join(folder, "log"),
    startLogPath: join(folder, "start.log"),
  };
}

/**
 * The instance that resolved settings mean; server and clients ask it here alike. The user's own config belongs to the
 * default instance, as having none does: writing one changes neither port nor socket. Throws as `instanceOf`.
 */
export function instanceOfSettings(
  { settings, config }: Pick<ResolvedSettings, "settings" | "config">,
  environment: Environment,
): Instance {
  return instanceOf({
    configRealPath: instanceConfig(config),
    host: settings.host,
    port: settings.port,
    stateFolder: stateFolder(environment),
    environment,
  });
}

/** The config that an instance is named after; undefined for none and for the user's own. */
export function instanceConfig(
  config: Pick<ConfigInUse, "how" | "realPath"> | undefined,
): string | undefined {
  return config?.how === "user" ? undefined : config?.realPath;
}

/** The ports to try, in order. 0 means that the system chooses. */
export function* portSequence(rule: PortRule): Generator<number> {
  if (rule.kind === "fixed") yield rule.port;
  else if (rule.kind === "any") yield 0;
  else {
    for (let i = 0; i < DERIVED_TRIES; i++) {
      yield FIRST_DERIVED_PORT + ((rule.first - FIRST_DERIVED_PORT + i) % DERIVED_PORTS);
    }
  }
}

/** Which ports an instance tries, by its config and the port that was set. */
export function portRuleOf({
  configRealPath,
  port,
}: Pick<InstanceOptions, "configRealPath" | "port">): PortRule {
  if (port === 0) return { kind: "any" };
  if (port !== undefined) return { kind: "fixed", port };
  if (configRealPath === undefined) return { kind: "fixed", port: DEFAULT_PORT };
  return { kind: "derived", first: FIRST_DERIVED_PORT + (hashText(configRealPath) % DERIVED_PORTS) };
}

function instanceKey({ configRealPath, host }: InstanceOptions, rule: PortRule): string {
  const port = rule.kind === "fixed" ? String(rule.port) : rule.kind;
  if (configRealPath === undefined) {
    if (host === "127.0.0.1" && rule.kind === "fixed" && rule.port === DEFAULT_PORT) return "default";
    // Only of an IPv4 address or a plain name can nothing be lost by writing "-" for the rest.
    const isPlain = /^[0-9a-z.]{1,40}$/.test(host);
    return `${fileNamePart(host, 40)}-${port}${isPlain ? "" : `-${shortHash(host)}`}`;
  }
  const folderName = configRealPath.split("/").at(-2) ?? "";
  return `${fileNamePart(folderName, 24)}-${shortHash(`${configRealPath}\n${host}\n${port}`)}`;
}

function fileNamePart(text: string, maxLength: number): string {
  const plain = text
    .toLowerCase()
    .replace(/[^0-9a-z]+/g, "-")
    .slice(0, maxLength)
    .replace(/^-+|-+$/g, "");
  return plain === "" ? "hearth" : plain;
}
