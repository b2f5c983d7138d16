import { dirname } from "node:path";
import { assembleSettings } from "./assemble.ts";
import { valuesFromFile } from "./file-values.ts";
import { homeFolder } from "./folders.ts";
import type { Environment } from "./folders.ts";
import { valuesFromEnvironment, valuesFromFlags } from "./given-values.ts";
import type { Flags, GivenValues } from "./given-values.ts";
import { SETTING_KEYS } from "./keys.ts";
import type { SettingName } from "./keys.ts";
import { loadConfig, locateConfig } from "./load-config.ts";
import type { LoadedConfig } from "./load-config.ts";
import type { Origin, OriginatedValue, ResolvedSettings } from "./resolved.ts";
import { readToken, type TokenOfFile } from "./token.ts";

export interface ResolveOptions {
  /** By flag name; `config` names the file, `config: false` means none. Flags that are no settings are ignored. */
  readonly flags?: Flags | undefined;
  readonly env: Environment;
  /** Absolute folder that the search starts from, and relative paths of flags and environment. */
  readonly cwd: string;
}

type Origins = Record<SettingName, OriginatedValue>;

/**
 * All settings: flag before environment before config file before default; only `roots` are taken from everywhere
 * together. Without a config file nothing is parsed and the YAML library is not loaded.
 *
 * Throws `usage` for a flag, `config-invalid` for a variable, a trusted config or a token file that can't be used; a
 * server that reloads keeps what it had.
 *
 * @example const { settings, warnings } = await resolveSettings({ flags, env: process.env, cwd: process.cwd() });
 */
export async function resolveSettings(options: ResolveOptions): Promise<ResolvedSettings> {
  const { flags = {}, env, cwd } = options;
  const home = homeFolder(env);
  const warnings: string[] = [];
  const waiting: string[] = [];
  const located = locateConfig(flags, env, cwd, warnings);
  const loaded = located === undefined ? undefined : await loadConfig(located, env, cwd, warnings);
  const layers: [Origin, GivenValues][] = [
    ["flag", valuesFromFlags(flags, { folder: cwd, home })],
    ["environment", valuesFromEnvironment(env, { folder: cwd, home })],
    ["file", loaded === undefined ? new Map() : valuesFromFile(loaded, home, waiting)],
  ];
  const origins = originsOf(layers);
  origins.roots = allRoots(layers, projectRoot(loaded, home));
  const { token, file: tokenFile } = pickToken(origins, layers[1]![1], warnings);
  return {
    settings: assembleSettings((name) => origins[name].value, token),
    origins,
    config: loaded?.config,
    models: {
      own: loaded?.config.isTrusted === true ? loaded.parsed.models : undefined,
      user: loaded?.userModels,
    },
    warnings,
    waiting,
    files: [...(loaded?.files ?? []), ...(tokenFile === undefined ? [] : [tokenFile])],
  };
}

function originsOf(layers: readonly [Origin, GivenValues][]): Origins {
  const origins: Partial<Origins> = {};
  for (const { key, default: initial } of SETTING_KEYS) {
    const layer = layers.find(([, given]) => given.has(key));
    const given = layer?.[1].get(key);
    origins[key] = {
      value: given?.value ?? initial,
      origin: layer?.[0] ?? "default",
      where: given?.where ?? "",
    };
  }
  return origins as Origins;
}

/** Every root that somebody named counts, wherever it was named. */
function allRoots(
  layers: readonly [Origin, GivenValues][],
  project: OriginatedValue | undefined,
): OriginatedValue {
  const named = layers.flatMap(([origin, given]) => {
    const roots = given.get("roots");
    return roots === undefined ? [] : [{ ...roots, origin }];
  });
  const all = project === undefined ? named : [...named, project];
  return {
    value: [...new Set(all.flatMap(({ value }) => value as readonly string[]))],
    origin: all[0]?.origin ?? "default",
    where: all.map(({ where }) => where).join(", "),
  };
}

/** The folder of a trusted project config is a root; the home folder and `/` only when somebody names them. */
function projectRoot(
  loaded: LoadedConfig | undefined,
  home: string | undefined,
): OriginatedValue | undefined {
  if (loaded === undefined || loaded.config.how !== "found" || !loaded.config.isTrusted) return undefined;
  const folder = dirname(loaded.config.realPath);
  if (folder === home || folder === "/") return undefined;
  return { value: [folder], origin: "file", where: loaded.config.path };
}

/** The stronger of token and token file; where both are equally strong, the token itself. Hides it in `origins`. */
function pickToken(origins: Origins, fromEnvironment: GivenValues, warnings: string[]): Partial<TokenOfFile> {
  const { tokenFile } = origins;
  const token = fromEnvironment.get("token")?.value as string | undefined;
  const hidden = { ...origins.token, value: token === undefined ? undefined : "(hidden)" };
  origins.token = hidden;
  if (typeof tokenFile.value !== "string") return { token };
  if (token !== undefined && tokenFile.origin !== "flag") return { token };
  origins.token = { ...tokenFile, value: "(hidden)" };
  return readToken(tokenFile.value, tokenFile.where, warnings);
}
