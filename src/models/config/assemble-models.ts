import { join, resolve } from "node:path";
import {
  buildServerCommand,
  type Command,
  upstreamNameOf,
  requestDefaults,
} from "../command/build-command.ts";
import { createServerConfig, type ServerConfig, type ServerOptions } from "../command/server-config.ts";
import { HearthError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { splitCommand } from "./command-line.ts";
import { rightsNameOf } from "../resolve-name.ts";
import { namesOf, peerModelsOf, pinsOf, selectorsOf } from "./names.ts";
import { coexistence } from "./coexistence.ts";
import type { Report } from "./report.ts";
import type { CheckedSection } from "./read-models.ts";
import type { ModelEntryValues, ModelSectionValues } from "./schema.ts";
import type {
  ApiKey,
  Filters,
  LoadingState,
  ModelConfig,
  ModelListing,
  ModelsConfig,
  PeerConfig,
  ProxyLimits,
} from "./types.ts";

/** What relative paths and `~` mean in a file. */
interface PathBase {
  readonly folder: string;
  readonly home: string | undefined;
}

const HEALTH_CHECK_SECONDS = 120;
const UNLOAD_SECONDS = 10;
const START_PORT = 5800;
const HEALTH_FAILURES = 3;
const QUEUE_LIMIT = 1000;
const FAIRNESS_SECONDS = 3;
const CONNECT_SECONDS = 30;
const DEFAULT_CHECK = "/health";
/** llama-swap's own default: static assets never start a model. */
const IGNORED_PATHS = String.raw`.*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$`;

/** Puts the sections of all files together; of two models of one name the later file's counts. */
export function assembleModels(
  sections: readonly CheckedSection[],
  home: string | undefined,
  problems: string[],
): ModelsConfig {
  const reports = sections.map(
    ({ where }): Report =>
      (path, message) =>
        problems.push(`${where(path)}: ${path.join(".")}: ${message}`),
  );
  const merged = mergeSections(sections);
  const report = reports.at(-1) ?? (() => {});
  const entries = new Map<string, { entry: ModelEntryValues; report: Report; paths: PathBase }>();
  for (const [index, { folder, values }] of sections.entries()) {
    for (const [id, entry] of Object.entries(values.models ?? {}))
      entries.set(id, { entry, report: reports[index] as Report, paths: { folder, home } });
  }
  const priorities = merged.routing?.scheduler?.settings?.fifo?.priority ?? {};
  const models = new Map<string, ModelConfig>();
  // Ports are given out in the order of the names, so that they stay when a file is put in another order.
  let port = merged.startPort ?? START_PORT;
  for (const id of [...entries.keys()].sort()) {
    const { entry, paths, report: say } = entries.get(id) as NonNullable<ReturnType<typeof entries.get>>;
    const model = modelOf(id, entry, merged, paths, priorities[id] ?? 0, port, (path, message) =>
      say(["models", id, ...path], message),
    );
    if (model === undefined) continue;
    if (model.port !== undefined) port += 1;
    models.set(id, model);
  }
  const inOrder = new Map([...entries.keys()].flatMap((id) => entryOf(models, id)));
  const peers = peersOf(merged);
  const names = namesOf(inOrder, report);
  const peerModels = peerModelsOf(peers, names);
  const isModel = (name: string) => names.has(name) || peerModels.has(name);
  const selectors = selectorsOf(merged.selectors ?? {}, isModel, report);
  const known = [...names.keys()];
  const idOf = (name: string, path: readonly string[]): string[] => {
    const id = names.get(name);
    if (id === undefined) report(path, `there is no model "${name}". ${didYouMean(name, known)}`);
    return id === undefined ? [] : [id];
  };
  const { groups, matrix } = coexistence(merged, idOf, report);
  const preload = (merged.hooks?.on_startup?.preload ?? []).flatMap((name) =>
    idOf(name, ["hooks", "on_startup", "preload"]),
  );
  for (const name of Object.keys(priorities)) {
    idOf(name, ["routing", "scheduler", "settings", "fifo", "priority", name]);
  }
  return {
    models: inOrder,
    names,
    peers,
    peerModels,
    selectors,
    pins: pinsOf(merged, (name) => isModel(name) || selectors.has(name), report),
    groups,
    matrix,
    preload: [...new Set(preload)],
    apiKeys: apiKeysOf(merged.apiKeys ?? [], (name) => rightsNameOf({ names, peerModels }, name), report),
    fairnessMs: (merged.fairnessWindow ?? FAIRNESS_SECONDS) * 1000,
    listsAliases: merged.includeAliasesInList ?? false,
    ignoredPaths: patterns(merged.upstream?.ignorePaths ?? [IGNORED_PATHS], report),
  };
}

function entryOf(models: ReadonlyMap<string, ModelConfig>, id: string): [string, ModelConfig][] {
  const model = models.get(id);
  return model === undefined ? [] : [[id, model]];
}

/** Mappings of both files together, everything else from the later one that has it. */
function mergeSections(sections: readonly CheckedSection[]): ModelSectionValues {
  const merged: Record<string, unknown> = {};
  for (const { values } of sections) {
    for (const [key, value] of Object.entries(values)) {
      const before = merged[key];
      const areMappings = [before, value].every(
        (each) => typeof each === "object" && each !== null && !Array.isArray(each),
      );
      merged[key] = areMappings ? { ...(before as object), ...(value as object) } : value;
    }
  }
  return merged as ModelSectionValues;
}

function modelOf(
  id: string,
  entry: ModelEntryValues,
  merged: ModelSectionValues,
  paths: PathBase,
  priority: number,
  nextPort: number,
  report: Report,
): ModelConfig | undefined {
  const server = serverOf(id, entry, paths, report);
  const words = server === undefined ? commandOf(entry, report) : builtCommand(server, report);
  if (words === undefined) return undefined;
  const command = located(words, paths);
  const stopWords = entry.cmdStop === undefined ? undefined : wordsOf(entry.cmdStop, ["cmdStop"], report);
  const usesPort = command.some((word) => word.includes("${PORT}"));
  const proxy = (entry.proxy ?? server?.baseUrl ?? "http://localhost:${PORT}").replace(/\/+$/, "");
  if (proxy.includes("${PORT}") && !usesPort) {
    report(
      entry.proxy === undefined ? ["cmd"] : ["proxy"],
      "the port is unknown: use ${PORT} in cmd, or give the server's address in proxy",
    );
    return undefined;
  }
  if (URL.parse(proxy.replace("${PORT}", "1"))?.protocol.startsWith("http") !== true) {
    report(["proxy"], `expected an address such as http://localhost:8080, got "${proxy}"`);
    return undefined;
  }
  const port = usesPort ? nextPort : undefined;
  const check = entry.checkEndpoint ?? DEFAULT_CHECK;
  if (check !== "none" && !check.startsWith("/")) {
    report(["checkEndpoint"], `expected a path such as /health, or none, got "${check}"`);
  }
  const ttl = entry.ttl === undefined || entry.ttl === -1 ? merged.globalTTL : entry.ttl;
  return {
    id,
    command,
    folder: paths.folder,
    server,
    stopCommand: stopWords === undefined ? undefined : located(stopWords, paths),
    proxy,
    port,
    checkEndpoint: check === "none" ? undefined : check,
    isDefaultCheck: entry.checkEndpoint === undefined,
    healthCheck:
      entry.healthCheck === undefined
        ? undefined
        : {
            intervalMs: entry.healthCheck.interval * 1000,
            failures: entry.healthCheck.failures ?? HEALTH_FAILURES,
          },
    warmUp: entry.warmUp ?? false,
    startTimeoutMs: (merged.healthCheckTimeout ?? HEALTH_CHECK_SECONDS) * 1000,
    stopTimeoutMs: (entry.unloadTimeout || merged.unloadTimeout || UNLOAD_SECONDS) * 1000,
    ttlSeconds: ttl,
    env: environmentOf(entry.env ?? [], report),
    upstreamName: entry.useModelName ?? (server === undefined ? ownName(command) : upstreamNameOf(server)),
    filters: filtersOf(entry.filters, server === undefined ? {} : requestDefaults(server), report),
    concurrencyLimit: entry.concurrencyLimit ?? 0,
    queueLimit: entry.queueLimit ?? QUEUE_LIMIT,
    queueTimeoutMs: (entry.queueTimeout ?? 0) * 1000,
    memoryBytes: entry.memory,
    limits: limitsOf({ ...merged.timeouts, ...entry.timeouts }),
    loadingState: loadingStateOf(entry.sendLoadingState ?? merged.sendLoadingState),
    listing: listingOf(entry, port),
    priority,
  };
}

/** A program named by its path is one beside the config; one without slashes is searched for along PATH. */
function located([program, ...args]: Command, paths: PathBase): Command {
  const path = inHome(program, paths);
  return [path.includes("/") ? resolve(paths.folder, path) : path, ...args];
}

/** `~` is the home folder, as shells have it. */
function inHome<T extends string | undefined>(path: T, { home }: PathBase): T | string {
  return path?.startsWith("~/") === true && home !== undefined ? join(home, path.slice(2)) : path;
}

function serverOf(
  id: string,
  entry: ModelEntryValues,
  paths: PathBase,
  report: Report,
): ServerConfig | undefined {
  const { server } = entry;
  if (server === undefined) return undefined;
  if (entry.cmd !== undefined) report(["server"], "cmd and server exclude each other");
  const { program, args, port = "${PORT}", ...rest } = server;
  const words = program === undefined ? undefined : wordsOf(program, ["server", "program"], report);
  const located = {
    model: inHome(rest.model, paths),
    loraAdapter: inHome(rest.loraAdapter, paths),
    draftModel: inHome(rest.draftModel, paths),
  };
  const options = { ...rest, ...located, program: words, args, port, servedName: id };
  return createServerConfig(options as ServerOptions);
}

function builtCommand(server: ServerConfig, report: Report): ModelConfig["command"] | undefined {
  try {
    return buildServerCommand(server);
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    report(["server"], `${error.message}. ${error.hint ?? ""}`);
    return undefined;
  }
}

function commandOf({ cmd }: ModelEntryValues, report: Report): ModelConfig["command"] | undefined {
  if (cmd !== undefined) return wordsOf(cmd, ["cmd"], report);
  report([], "needs cmd, the command line that starts the server, or server");
  return undefined;
}

function wordsOf(text: string, path: readonly string[], report: Report): [string, ...string[]] | undefined {
  try {
    return splitCommand(text);
  } catch (error) {
    report(path, `is no command line: ${(error as Error).message}`);
    return undefined;
  }
}

/** Any other name would make mlx_lm's server drop its model and load that one. */
function ownName(command: readonly string[]): string | undefined {
  const isMlx = command.some((word, index) => {
    const name = word.split("/").at(-1);
    return name === "mlx_lm.server" || (name === "mlx_lm" && command[index + 1] === "server");
  });
  return isMlx ? "default_model" : undefined;
}

function environmentOf(list: readonly string[], report: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list.flatMap((entry, index) => {
      const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(entry) ?? [];
      if (name === undefined || value === undefined) {
        report(["env", String(index)], `expected NAME=value, got "${entry}"`);
        return [];
      }
      return [[name, value]];
    }),
  );
}

function filtersOf(
  filters: ModelEntryValues["filters"],
  defaults: Readonly<Record<string, unknown>>,
  report: Report,
): Filters {
  const { stripParams = [], setParams = {}, setParamsByID = {} } = filters ?? {};
  const strip = typeof stripParams === "string" ? stripParams.split(/[\s,]+/).filter(Boolean) : stripParams;
  const all: [readonly string[], Readonly<Record<string, unknown>>][] = [
    [["filters", "setParams"], setParams],
    ...Object.entries(setParamsByID).map(([id, params]): [readonly string[], Record<string, unknown>] => [
      ["filters", "setParamsByID", id],
      params,
    ]),
  ];
  for (const [path, params] of all) {
    if (Object.hasOwn(params, "model"))
      report([...path, "model"], "the model can't be set; give useModelName");
  }
  return {
    strip: strip.filter((name) => name !== "model"),
    defaults,
    set: setParams,
    setById: new Map(Object.entries(setParamsByID)),
  };
}

function limitsOf(timeouts: ModelSectionValues["timeouts"] = {}): ProxyLimits {
  const { connect = CONNECT_SECONDS, responseHeader = 0, idle = 0, total = 0 } = timeouts;
  return {
    connectMs: connect * 1000,
    firstByteMs: responseHeader * 1000,
    idleMs: idle * 1000,
    totalMs: total * 1000,
  };
}

function loadingStateOf(value: boolean | "comments" | undefined): LoadingState {
  if (value === "comments") return "comments";
  return value === true ? "reasoning" : "none";
}

function listingOf(entry: ModelEntryValues, port: number | undefined): ModelListing {
  const { capabilities, metadata } = entry;
  const variants = Object.keys(entry.filters?.setParamsByID ?? {});
  const aliases = [...(entry.aliases ?? []), ...variants].map((alias) =>
    typeof alias === "string"
      ? { id: alias, name: undefined, isListed: true }
      : { id: alias.id, name: alias.name, isListed: alias.unlisted !== true },
  );
  return {
    isListed: entry.unlisted !== true,
    name: entry.name,
    description: entry.description,
    metadata: metadata === undefined ? undefined : (withPort(metadata, port) as Record<string, unknown>),
    capabilities,
    aliases,
  };
}

function withPort(value: unknown, port: number | undefined): unknown {
  if (value === "${PORT}") return port ?? null;
  if (typeof value === "string") return value.replaceAll("${PORT}", String(port ?? ""));
  if (Array.isArray(value)) return value.map((item) => withPort(item, port));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPort(inner, port)]));
}

function peersOf({ peers = {}, timeouts }: ModelSectionValues): ReadonlyMap<string, PeerConfig> {
  return new Map(
    Object.entries(peers).map(([id, peer]) => [
      id,
      {
        id,
        proxy: peer.proxy.replace(/\/+$/, ""),
        apiKey: peer.apiKey,
        models: peer.models,
        filters: filtersOf(peer.filters, {}, () => {}),
        limits: limitsOf({ ...timeouts, ...peer.timeouts }),
      },
    ]),
  );
}

/** The keys, each once: of two entries with one key it would be chance whose rights count. */
function apiKeysOf(
  entries: NonNullable<ModelSectionValues["apiKeys"]>,
  nameOf: (name: string) => string,
  report: Report,
): readonly ApiKey[] {
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const { admin, key, models } = typeof entry === "string" ? { key: entry } : entry;
    const path = ["apiKeys", String(index)];
    if (key.trim() === "") report(path, "expected a key, got an empty text");
    else if (key.startsWith(PAGE_SECRET_PREFIX)) {
      report(path, `expected another key: one that begins with "${PAGE_SECRET_PREFIX}" is a page's`);
    }
    if (seen.has(key)) report(path, "expected another key: this one is in the list already");
    seen.add(key);
    return { key, models: models?.map(nameOf), isAdmin: admin === true };
  });
}

/** Beginning of the secrets that hearth gives to pages. */
const PAGE_SECRET_PREFIX = "hearth-page-";

function patterns(texts: readonly string[], report: Report): readonly RegExp[] {
  return texts.flatMap((text, index) => {
    try {
      return [new RegExp(text)];
    } catch {
      report(["upstream", "ignorePaths", String(index)], `is no regular expression: "${text}"`);
      return [];
    }
  });
}
