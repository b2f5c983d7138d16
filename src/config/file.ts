import { nearestName } from "../nearest.ts";
import { MODEL_KEYS } from "./model-keys.ts";
import { SETTING_KEYS } from "./keys.ts";
import type { SettingKey, SettingName } from "./keys.ts";
import { expectedOf, readValue } from "./kinds.ts";
import type { SettingValue } from "./kinds.ts";
import { parseYaml } from "./parse-document.ts";
import type { ModelSection } from "./resolved.ts";
import type { ParsedDocument } from "./parse-document.ts";

/** A config file, read and checked. This module loads the YAML library: import it only when there is a file. */
export interface ParsedConfig {
  /** hearth's own settings, each with its place such as `hearth.yaml:3:7`. */
  readonly values: ReadonlyMap<SettingName, { readonly value: SettingValue; readonly where: string }>;
  /** The keys that speak of models. */
  readonly models: ModelSection;
  /** True for `extends: user`: the user's models are taken too. */
  readonly extendsUser: boolean;
  /** What can be lived with: unknown keys, each with its place and the nearest name. */
  readonly warnings: readonly string[];
  /** What makes the file unusable, each with its place. */
  readonly problems: readonly string[];
}

/** `token` has no place in a file that is shown around; `tokenFile` names the file that holds it. */
const FILE_KEYS: readonly (SettingKey & { key: SettingName })[] = SETTING_KEYS.filter(
  (key) => key.key !== "token",
);
const SECTIONS = new Set(
  FILE_KEYS.flatMap(({ key }) => (key.includes(".") ? [key.split(".")[0] ?? ""] : [])),
);
const TOP_KEYS = [...new Set(FILE_KEYS.map(({ key }) => key.split(".")[0] ?? "")), "extends", ...MODEL_KEYS];

/**
 * Checks a config's text. Throws nothing: what is wrong with it is in `problems`, named after the file `shown`.
 *
 * @param folder where relative paths of models start
 */
export function parseConfig(text: string, shown: string, folder = "."): ParsedConfig {
  const document = parseYaml(text, shown);
  const problems = [...document.problems];
  const values = new Map<SettingName, { value: SettingValue; where: string }>();
  for (const key of FILE_KEYS) readKey(key, document, values, problems);
  return {
    values,
    models: {
      values: Object.fromEntries(Object.entries(document.values).filter(([key]) => MODEL_KEYS.includes(key))),
      where: document.where,
      folder,
    },
    extendsUser: readExtends(document, problems),
    warnings: unknownKeys(document),
    problems: [...problems, ...sectionProblems(document)],
  };
}

function readKey(
  { key, kind }: SettingKey & { key: SettingName },
  document: ParsedDocument,
  values: Map<SettingName, { value: SettingValue; where: string }>,
  problems: string[],
): void {
  const path = key.split(".");
  const written = path.reduce<unknown>(
    (inner, part) => (isMapping(inner) ? inner[part] : undefined),
    document.values,
  );
  // A key without a value counts as one that is not there
  if (written === undefined || written === null) return;
  const where = document.where(path);
  const value = readValue(kind, written);
  if (value === undefined)
    problems.push(`${where}: ${key}: expected ${expectedOf(kind)}, got ${shownValue(written)}`);
  else values.set(key, { value, where });
}

function readExtends(document: ParsedDocument, problems: string[]): boolean {
  const written = document.values["extends"];
  if (written === undefined || written === null || written === "user") return written === "user";
  problems.push(`${document.where(["extends"])}: extends: expected user, got ${shownValue(written)}`);
  return false;
}

function sectionProblems(document: ParsedDocument): string[] {
  return [...SECTIONS].flatMap((section) => {
    const written = document.values[section];
    if (written === undefined || written === null || isMapping(written)) return [];
    return `${document.where([section])}: ${section}: expected keys and values, got ${shownValue(written)}`;
  });
}

function unknownKeys(document: ParsedDocument): string[] {
  const warnings = unknownAmong(document, [], TOP_KEYS);
  for (const section of SECTIONS) {
    const known = FILE_KEYS.filter(({ key }) => key.startsWith(`${section}.`)).map(
      ({ key }) => key.split(".")[1] ?? "",
    );
    warnings.push(...unknownAmong(document, [section], known));
  }
  return warnings;
}

function unknownAmong(document: ParsedDocument, path: readonly string[], known: readonly string[]): string[] {
  const mapping = path.reduce<unknown>(
    (inner, part) => (isMapping(inner) ? inner[part] : undefined),
    document.values,
  );
  if (!isMapping(mapping)) return [];
  return Object.keys(mapping)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const name = [...path, key].join(".");
      return `${document.where([...path, key], "key")}: unknown key "${name}" is ignored${hint(key, known)}`;
    });
}

function hint(key: string, known: readonly string[]): string {
  if (key === "token") return "; name a file that holds it by tokenFile, or set HEARTH_TOKEN";
  const nearest = nearestName(key, known);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Short enough for one line. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "keys and values";
  const text = typeof value === "string" ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
