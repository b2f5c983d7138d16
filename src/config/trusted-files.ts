import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ResolvedSettings } from "./resolved.ts";

/** Modules that are followed; one more than this many is no reason to fail. */
const MAX_MODULES = 2000;

/** Milliseconds; an edited module may import others. */
const KEPT_MS = 1000;

/** Words of a command line or of any other text in a config: what may be a path. */
const WORD = /[^\s"'`=,;|&<>()[\]{}]+/g;

/** A relative path in a module's text: what it imports, requires or opens beside itself. */
const RELATIVE = /["'`](\.{1,2}\/[^"'`\n]+)["'`]/g;

/** What may follow a path that a module imports. */
const ENDINGS = ["", ".ts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js", "/package.json"];

/** Settings, and models with their macros replaced. */
type Trusted = ResolvedSettings & { readonly modelsConfig?: unknown };

/** `trustedFiles` of the settings of this moment: worked out when a guest first writes, then kept for a while. */
export class TrustedPaths {
  readonly #current: () => Trusted;
  #known: { readonly of: Trusted; readonly untilMs: number; readonly paths: readonly string[] } | undefined;

  constructor(current: () => Trusted) {
    this.#current = current;
  }

  get(): readonly string[] {
    const current = this.#current();
    const nowMs = performance.now();
    if (this.#known?.of !== current || nowMs > this.#known.untilMs) {
      const paths = trustedFiles(current, current.modelsConfig);
      this.#known = { of: current, untilMs: nowMs + KEPT_MS, paths };
    }
    return this.#known.paths;
  }
}

/**
 * Real paths of the files that a trusted config names in whatever setting (programs and scripts of models' commands,
 * files they are given, filters), and of the modules with compute functions and all that these import by a relative
 * path. Files that do not exist yet count too: a guest must not make them. Directories don't.
 *
 * @param expanded more values in which paths may be, such as models' commands with their macros replaced
 */
export function trustedFiles(resolved: ResolvedSettings, expanded: unknown = undefined): readonly string[] {
  const found = new Set<string>();
  const { models, settings, config } = resolved;
  for (const section of [models.own, models.user]) {
    if (section === undefined) continue;
    for (const text of textsIn([section.values, expanded])) addWords(text, section.folder, found);
  }
  const folder = config === undefined ? undefined : dirname(config.realPath);
  if (folder !== undefined)
    for (const text of textsIn({ ...settings, roots: undefined, token: undefined }))
      addWords(text, folder, found);
  for (const module of settings.computeModules) addModule(module, found);
  return [...found];
}

function addWords(text: string, folder: string, found: Set<string>): void {
  for (const candidate of [text, ...(text.match(WORD) ?? [])]) {
    // Options, addresses and what is still to be filled in are not paths; a single word may be a file beside the config
    if (candidate === "" || candidate.includes("://") || candidate.length > 4096) continue;
    const path = realFile(resolve(folder, candidate), candidate.includes("/"));
    if (path !== undefined) found.add(path);
  }
}

/** The real path of a file; of one that is missing only where `whenMissing`. */
function realFile(path: string, whenMissing: boolean): string | undefined {
  if (path.includes("\0")) return undefined;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) return stat.isFile() ? realpathSync(path) : undefined;
    return whenMissing
      ? resolve(realpathSync(dirname(path)), path.slice(path.lastIndexOf("/") + 1))
      : undefined;
  } catch {
    return undefined;
  }
}

function addModule(first: string, found: Set<string>): void {
  const seen = new Set<string>();
  const waiting = [first];
  for (let path = waiting.pop(); path !== undefined && seen.size < MAX_MODULES; path = waiting.pop()) {
    const real = realFile(path, true);
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    found.add(real);
    for (const [, relative = ""] of readText(real).matchAll(RELATIVE)) {
      const target = resolve(dirname(real), relative);
      waiting.push(...ENDINGS.map((ending) => target + ending), target.replace(/\.js$/, ".ts"));
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function* textsIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value === "string") yield value;
  if (typeof value !== "object" || value === null || depth > 20) return;
  const items = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const item of items) yield* textsIn(item, depth + 1);
}
