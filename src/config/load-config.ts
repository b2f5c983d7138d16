import { realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { HearthError } from "../errors.ts";
import { configIn, findConfig } from "./find.ts";
import type { ParsedConfig } from "./file.ts";
import { configFolder, homeFolder, stateFolder } from "./folders.ts";
import type { Environment } from "./folders.ts";
import type { Flags } from "./given-values.ts";
import { readConfigText } from "./read-config.ts";
import type { ConfigInUse, ModelSection, WatchedFile } from "./resolved.ts";
import { isTrusted } from "./trust.ts";

/** The config in use, and what it says. */
export interface LoadedConfig {
  readonly config: ConfigInUse;
  readonly parsed: ParsedConfig;
  /** What the user's own config says of models, for `extends: user`. */
  readonly userModels: ModelSection | undefined;
  readonly files: readonly WatchedFile[];
}

/** Which config file counts, not read yet: what identifies an instance. */
export interface LocatedConfig {
  readonly path: string;
  readonly realPath: string;
  readonly how: ConfigInUse["how"];
}

/**
 * The config that counts for a call: named by `--config` or `HEARTH_CONFIG`, found from `cwd` upwards, or the user's
 * own; `flags.config === false` (`--no-config`) means none. Reads no file. Throws `config-invalid` when the named one
 * does not exist.
 */
export function locateConfig(
  flags: Flags,
  env: Environment,
  cwd: string,
  warnings: string[],
): LocatedConfig | undefined {
  const flag = flags["config"];
  if (flag === false) return undefined;
  if (typeof flag === "string") return namedConfig(flag, cwd, "flag");
  const named = env["HEARTH_CONFIG"];
  if (named) return namedConfig(named, cwd, "environment");
  const found = findConfig(cwd, homeFolder(env), userConfigFolder(env));
  warnings.push(...found.warnings);
  return found.config;
}

/**
 * Reads and checks a config, and finds out whether it is trusted: a named one is, the user's own by its place, a found
 * one by `hearth trust`. Throws `config-invalid` with every problem and its place; what is wrong in a config that is
 * not trusted is only a warning, and nothing of it counts.
 */
export async function loadConfig(
  located: LocatedConfig,
  env: Environment,
  cwd: string,
  warnings: string[],
): Promise<LoadedConfig> {
  const shown = shownName(located.path, cwd);
  const isNamed = located.how === "flag" || located.how === "environment";
  const { text, hash } = readConfigText(located.realPath, shown, !isNamed);
  const trusted = located.how !== "found" || isTrusted(located.realPath, hash, stateFolder(env));
  const parsed = await parseChecked(text, shown, dirname(located.realPath), trusted, warnings);
  const config = { ...located, isTrusted: trusted, isBroken: parsed.problems.length > 0, hash };
  const files = [{ realPath: located.realPath, hash }];
  if (!trusted || !parsed.extendsUser) return { config, parsed, userModels: undefined, files };
  const user = await loadUserModels(env, located.realPath, warnings);
  if (typeof user === "string") {
    const missing = `${shown}: extends: user has no effect: ${user}`;
    warnings.push(missing);
    return { config: { ...config, missing }, parsed, userModels: undefined, files };
  }
  return { config, parsed, userModels: user.models, files: [...files, user.file] };
}

function namedConfig(name: string, cwd: string, how: "flag" | "environment"): LocatedConfig {
  const path = resolve(cwd, name);
  try {
    return { path, realPath: realpathSync.native(path), how };
  } catch (error) {
    const source = how === "flag" ? "" : ", which HEARTH_CONFIG names";
    throw new HearthError("config-invalid", `There is no config ${name}${source}`, { cause: error });
  }
}

/** Without a home folder there is no config of the user, and that alone is no reason to fail. */
function userConfigFolder(env: Environment): string | undefined {
  try {
    return configFolder(env);
  } catch {
    return undefined;
  }
}

async function parseChecked(
  text: string,
  shown: string,
  folder: string,
  trusted: boolean,
  warnings: string[],
): Promise<ParsedConfig> {
  const { parseConfig } = await import("./file.ts");
  const parsed = parseConfig(text, shown, folder);
  warnings.push(...parsed.warnings);
  if (parsed.problems.length === 0) return parsed;
  if (trusted) throw new HearthError("config-invalid", parsed.problems.slice(0, 10).join("\n"));
  warnings.push(...parsed.problems.slice(0, 3));
  return { ...parsed, values: new Map(), models: { ...parsed.models, values: {} }, extendsUser: false };
}

/** What the user's own config says of models; a text says why there is nothing to extend. */
async function loadUserModels(env: Environment, child: string, warnings: string[]) {
  const folder = userConfigFolder(env);
  const located = folder === undefined ? undefined : configIn(folder, "user", warnings);
  if (located === undefined || located.realPath === child)
    return `there is no other config in ${folder ?? "a home folder"}`;
  const { text, hash } = readConfigText(located.realPath, located.path, true);
  const parsed = await parseChecked(text, located.path, dirname(located.realPath), true, warnings);
  return { models: parsed.models, file: { realPath: located.realPath, hash } };
}

/** Short where the file lies below the caller's folder, else absolute. */
function shownName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}
