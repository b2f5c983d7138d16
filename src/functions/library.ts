import { realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { HearthError } from "../errors.ts";
import { functionFinder, type FindFunction } from "./entry.ts";
import type { ComputeFunction } from "./function.ts";
import { FUNCTIONS } from "./index.ts";
import { type UserFunctions, userFunctions } from "./user-functions.ts";

/** All functions of this moment. */
export interface LoadedFunctions {
  readonly all: readonly ComputeFunction[];
  /** Modules that could not be loaded, each with the reason. */
  readonly problems: readonly string[];
  readonly find: FindFunction;
}

export interface LibraryParts {
  /** Absolute paths of the modules that the config names now. */
  readonly modules: () => readonly string[];
  /** Functions that the embedding program gives. */
  readonly given?: UserFunctions | undefined;
  /** Names that no function can have. */
  readonly reserved: readonly string[];
  /** Told once of each module that can't be loaded. */
  readonly onProblem?: ((problem: string, cause: unknown) => void) | undefined;
}

interface Module {
  readonly version: string;
  readonly functions: readonly ComputeFunction[];
  readonly problem?: string;
}

/**
 * hearth's own functions together with those of the config's modules. A module is loaded when the first computation is
 * asked for, and anew when its file has changed; one that can't be loaded is told of and costs only its own functions.
 */
export class FunctionLibrary {
  readonly #parts: LibraryParts;
  readonly #modules = new Map<string, Module>();
  readonly #given: readonly ComputeFunction[];
  #loaded: LoadedFunctions | undefined;
  #key = "";

  /** Throws `config-invalid` for functions of the program that are none. */
  constructor(parts: LibraryParts) {
    this.#parts = parts;
    this.#given =
      parts.given === undefined ? [] : userFunctions(parts.given, "functions", this.#taken(FUNCTIONS));
  }

  /** The functions as their files are now. */
  async load(): Promise<LoadedFunctions> {
    const paths = this.#parts.modules();
    const versions = paths.map(versionOf);
    const key = JSON.stringify([paths, versions]);
    if (this.#loaded !== undefined && this.#key === key) return this.#loaded;
    const all: ComputeFunction[] = [...FUNCTIONS, ...this.#given];
    const problems: string[] = [];
    for (const [i, path] of paths.entries()) {
      const loaded = await this.#module(path, versions[i] as string, this.#taken(all));
      all.push(...loaded.functions);
      if (loaded.problem !== undefined) problems.push(loaded.problem);
    }
    this.#loaded = { all, problems, find: findIn(all, problems) };
    this.#key = key;
    return this.#loaded;
  }

  #taken(functions: readonly ComputeFunction[]): ReadonlySet<string> {
    return new Set([...this.#parts.reserved, ...functions.map(({ name }) => name)]);
  }

  async #module(path: string, version: string, taken: ReadonlySet<string>): Promise<Module> {
    const known = this.#modules.get(path);
    if (known?.version === version) return known;
    const loaded = await this.#import(path, version, taken);
    this.#modules.set(path, loaded);
    return loaded;
  }

  async #import(path: string, version: string, taken: ReadonlySet<string>): Promise<Module> {
    const name = basename(path);
    try {
      if (version === "") throw new HearthError("file-not-found", `${name}: there is no such file`);
      const exported = await importAnew(path, version);
      return { version, functions: userFunctions(exported.functions ?? exported.default, name, taken) };
    } catch (cause) {
      const problem = cause instanceof HearthError ? cause.message : `${name}: ${reasonOf(cause, path)}`;
      this.#parts.onProblem?.(problem, cause);
      return { version, functions: [], problem };
    }
  }
}

/**
 * Imports a module as its file is now. Node and Deno keep what they loaded under its whole URL, so another version needs
 * another one; Bun (1.4) overlooks the query but lets go of what is taken out of `require.cache`.
 */
async function importAnew(
  path: string,
  version: string,
): Promise<{ functions?: unknown; default?: unknown }> {
  delete createRequire(path).cache[realpathSync(path)];
  const url = `${pathToFileURL(path).href}?version=${version}`;
  return (await import(url)) as { functions?: unknown; default?: unknown };
}

/** Changes whenever the file does; empty for one that is not there. */
function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.mtimeNs}-${stat.size}-${stat.ino}`;
}

function reasonOf(cause: unknown, path: string): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[mc]?ts$/.test(path)) {
    return "this Node does not read TypeScript; write it in JavaScript, or use Node 22.18 or newer";
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** A name that nobody knows may be one of a module that could not be loaded. */
function findIn(all: readonly ComputeFunction[], problems: readonly string[]): FindFunction {
  const find = functionFinder(all);
  if (problems.length === 0) return find;
  return (name) => {
    try {
      return find(name);
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      throw withProblems(error, problems);
    }
  };
}

/** The error with what might be its reason. */
export function withProblems(error: HearthError, problems: readonly string[]): HearthError {
  if (problems.length === 0) return error;
  const { code, message, hint = "", errorType } = error;
  return new HearthError(code, message, {
    hint: `${hint} Not loaded: ${problems.join("; ")}.`.trim(),
    errorType,
  });
}
