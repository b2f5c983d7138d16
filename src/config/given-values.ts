import { join, resolve } from "node:path";
import { HearthError } from "../errors.ts";
import type { Environment } from "./folders.ts";
import { SETTING_KEYS } from "./keys.ts";
import type { SettingName } from "./keys.ts";
import { expectedOf, readText, readValue } from "./kinds.ts";
import type { SettingKind, SettingValue } from "./kinds.ts";

/** Flags by name, without the dashes, as the command line's parser gives them. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Some settings, each with what named it. */
export type GivenValues = Map<SettingName, { readonly value: SettingValue; readonly where: string }>;

/** What relative paths and `~` mean where a value was written. */
export interface PathBase {
  readonly folder: string;
  readonly home: string | undefined;
}

/** Settings given by flags. Flags that are no settings are left to others. Throws `usage`. */
export function valuesFromFlags(flags: Flags, base: PathBase): GivenValues {
  const given: GivenValues = new Map();
  for (const { key, flag, kind } of SETTING_KEYS) {
    const written = flag === undefined ? undefined : flags[flag];
    if (flag === undefined || written === undefined) continue;
    const value = readFlag(flag, kind, written);
    if (value === undefined) throw unfit("usage", `--${flag}`, kind, String(written));
    given.set(key, { value: absolute(kind, value, base), where: `--${flag}` });
  }
  return given;
}

/** A switch `--no-...` says what it takes back. */
function readFlag(
  flag: string,
  kind: SettingKind,
  written: string | boolean | readonly string[],
): SettingValue {
  const value = readValue(kind, written);
  return isDenial(flag) && typeof value === "boolean" ? !value : value;
}

/** True for a flag that takes back what is on by default. */
export function isDenial(flag: string): boolean {
  return flag.startsWith("no-");
}

/** Settings given by environment variables; an empty one counts as unset. Throws `config-invalid`. */
export function valuesFromEnvironment(env: Environment, base: PathBase): GivenValues {
  const given: GivenValues = new Map();
  for (const { key, env: name, kind } of SETTING_KEYS) {
    const text = env[name];
    if (text === undefined || text === "") continue;
    const value = readText(kind, text);
    // The token itself must not end up in a message
    if (value === undefined) throw unfit("config-invalid", name, kind, kind === "secret" ? undefined : text);
    given.set(key, { value: absolute(kind, value, base), where: name });
  }
  return given;
}

/** A value with its paths made absolute: `~` is the home folder, relative ones start from `base.folder`. */
export function absolute(kind: SettingKind, value: SettingValue, base: PathBase): SettingValue {
  if (kind === "path" && typeof value === "string") return absolutePath(value, base);
  if (kind === "paths" && Array.isArray(value)) return value.map((path: string) => absolutePath(path, base));
  return value;
}

function absolutePath(path: string, { folder, home }: PathBase): string {
  const isHome = path === "~" || path.startsWith("~/");
  return isHome && home !== undefined ? join(home, path.slice(1)) : resolve(folder, path);
}

function unfit(
  code: "usage" | "config-invalid",
  name: string,
  kind: SettingKind,
  text: string | undefined,
): HearthError {
  const got = text === undefined ? "" : `, got "${text}"`;
  return new HearthError(code, `${name}: expected ${expectedOf(kind)}${got}`);
}
