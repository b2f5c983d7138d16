import * as v from "valibot";
import type { ModelSection, ModelSections } from "../../config/resolved.ts";
import { homeFolder } from "../../config/folders.ts";
import { HearthError } from "../../errors.ts";
import { assembleModels } from "./assemble-models.ts";
import { Macros } from "./macros.ts";
import { ModelSectionsSchema, type ModelSectionValues } from "./schema.ts";
import type { ModelsConfig } from "./types.ts";
import { unknownKeys } from "./unknown-keys.ts";

export interface ReadModels {
  readonly config: ModelsConfig;
  /** What can be lived with, each with its place. */
  readonly warnings: readonly string[];
}

/** A file's sections, checked, with their macros replaced; places are those of the file. */
export interface CheckedSection {
  readonly values: ModelSectionValues;
  readonly where: ModelSection["where"];
  readonly folder: string;
}

/**
 * Reads what a config says of models. With `extends: user` the user's models stand beside the project's own; of two of
 * one name the project's counts.
 *
 * @param env for `${env.NAME}`
 * @throws HearthError `config-invalid` with every problem and its place
 */
export function readModels(
  { own, user }: ModelSections,
  env: Readonly<Record<string, string | undefined>>,
): ReadModels {
  const problems: string[] = [];
  const warnings: string[] = [];
  const sections = [user, own]
    .filter((section) => section !== undefined)
    .map((section) => checkSection(section, env, problems, warnings));
  const config = problems.length === 0 ? assembleModels(sections, homeFolder(env), problems) : undefined;
  if (config === undefined || problems.length > 0) {
    throw new HearthError("config-invalid", [...new Set(problems)].slice(0, 10).join("\n"));
  }
  return { config, warnings };
}

function checkSection(
  { folder, values, where }: ModelSection,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
  warnings: string[],
): CheckedSection {
  const expanded = withoutNulls(expandMacros(values, where, env, problems)) as Record<string, unknown>;
  for (const { path, nearest } of unknownKeys(ModelSectionsSchema, expanded)) {
    // The top level has been looked at together with hearth's own settings.
    if (path.length === 1) continue;
    const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    warnings.push(`${where(path, "key")}: unknown key "${path.join(".")}" is ignored${meant}`);
  }
  const { issues, output } = v.safeParse(ModelSectionsSchema, expanded);
  for (const issue of issues ?? []) {
    const path = (issue.path ?? []).map(({ key }) => String(key));
    const isMissing = issue.input === undefined && issue.kind === "schema";
    const got = isMissing ? "it is missing" : `got ${shown(issue.input)}`;
    problems.push(`${where(path)}: ${path.join(".")}: expected ${issue.message}, ${got}`);
  }
  return { values: output as ModelSectionValues, where, folder };
}

/** Each model sees the file's macros and its own; all other sections see the file's. */
function expandMacros(
  values: Readonly<Record<string, unknown>>,
  where: ModelSection["where"],
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Record<string, unknown> {
  const onProblem = (path: readonly string[], message: string) =>
    problems.push(`${where(path)}: ${path.join(".")}: ${message}`);
  const global = { values: values["macros"], path: ["macros"] };
  const { models, macros: _, ...rest } = values;
  const shared = Macros.read(env, [global], undefined, onProblem);
  const expanded = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, expandDeep(shared, value, [key], onProblem)]),
  );
  if (typeof models !== "object" || models === null || Array.isArray(models)) return { ...expanded, models };
  const expandedModels = Object.entries(models).map(([id, entry]: [string, unknown]) => {
    const own = {
      values: (entry as Record<string, unknown> | null)?.["macros"],
      path: ["models", id, "macros"],
    };
    const macros = Macros.read(env, [global, own], id, onProblem);
    return [id, expandDeep(macros, entry, ["models", id], onProblem)] as const;
  });
  return { ...expanded, models: Object.fromEntries(expandedModels) };
}

/** As `Macros.expand`, with the place of each value for what is wrong in it. */
function expandDeep(
  macros: Macros,
  value: unknown,
  path: readonly string[],
  onProblem: (path: readonly string[], message: string) => void,
): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return macros.expand(value, (message) => onProblem(path, message));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => path.length !== 2 || key !== "macros")
      .map(([key, inner]) => [
        String(macros.expand(key, (message) => onProblem([...path, key], message))),
        expandDeep(macros, inner, [...path, key], onProblem),
      ]),
  );
}

/** A key without a value counts as one that is not there, but for the names that a profile switches off. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null && inner !== undefined)
      .map(([key, inner]) => [key, key === "pins" ? inner : withoutNulls(inner)]),
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "keys and values";
  const text = typeof value === "string" ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
