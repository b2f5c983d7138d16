import { realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ownershipFault } from "./ownership.ts";

/** The names that a search looks for. */
export const CONFIG_NAMES: readonly string[] = ["hearth.yaml", "hearth.json"];

/** What tells the top of a repository. */
const REPOSITORY_MARKS = [".git", ".hg", ".jj"];

export interface FoundConfig {
  /** Absolute path under which it was found. */
  readonly path: string;
  /** The same without symbolic links; it identifies the instance. */
  readonly realPath: string;
  /** In the working directory or above, or in the user's config folder. */
  readonly how: "found" | "user";
}

export interface SearchResult {
  readonly config: FoundConfig | undefined;
  /** Why a file that was there is not used, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Looks for `hearth.yaml` or `hearth.json` in a folder and those above, up to the home folder or the top of the
 * repository (both included), else in the user's config folder. Files that are not this user's or root's, or that
 * others may write, are passed over with a warning. Reads no file and takes some microseconds: clients call it always.
 */
export function findConfig(
  directory: string,
  home: string | undefined,
  configFolder: string | undefined,
): SearchResult {
  const warnings: string[] = [];
  for (let folder = directory; ; folder = dirname(folder)) {
    const config = configIn(folder, folder === configFolder ? "user" : "found", warnings);
    if (config !== undefined) return { config, warnings };
    if (folder === home || folder === dirname(folder) || isRepositoryTop(folder)) break;
  }
  const config = configFolder === undefined ? undefined : configIn(configFolder, "user", warnings);
  return { config, warnings };
}

/** The usable config in one folder; `warnings` takes what speaks against one that is there. */
export function configIn(
  folder: string,
  how: FoundConfig["how"],
  warnings: string[],
): FoundConfig | undefined {
  for (const name of CONFIG_NAMES) {
    const path = join(folder, name);
    const stat = exists(path);
    const realPath = stat === undefined ? undefined : realPathOf(path);
    if (stat === undefined || realPath === undefined) continue;
    const fault = ownershipFault(stat, path);
    if (fault === undefined) return { path, realPath, how };
    warnings.push(`${path} is not used: ${fault}`);
  }
  return undefined;
}

function isRepositoryTop(folder: string): boolean {
  return REPOSITORY_MARKS.some((mark) => exists(join(folder, mark)) !== undefined);
}

function exists(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder that may not be searched, a circle of links: nothing that could be used
    return undefined;
  }
}

/** Undefined when it went away since it was looked at. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
