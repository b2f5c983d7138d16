import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

declare const HEARTH_TARGET: string;

/** How a copy of hearth came to where it is. */
export type InstallationKind =
  | "binary"
  | "clone"
  | "npm-global"
  | "npm-project"
  | "npx"
  | "bun-global"
  | "pnpm-global"
  | "deno";

export interface Installation {
  readonly kind: InstallationKind;
  /** The binary's file, the clone's or the project's folder, else the folder of the package. */
  readonly place: string;
}

/** Folders in which the package managers put what they install for everywhere, or only once. */
const PLACES: readonly (readonly [InstallationKind, RegExp])[] = [
  ["npx", /\/_npx\/[^/]+\/node_modules\//],
  ["bun-global", /\/install\/global\/node_modules\//],
  ["pnpm-global", /\/pnpm\/global\//],
  ["deno", /\/npm\/[^/]+\/hearthd\/[^/]+\//],
];

/**
 * Finds out how this copy was installed.
 *
 * @param own the binary, or the script of hearth's command line
 */
export function findInstallation(own: string, isCompiled: boolean): Installation {
  const file = existsSync(own) ? realpathSync(own) : own;
  const root = isCompiled ? resolve(dirname(file), "..") : packageFolder(file);
  if (existsSync(join(root, "scripts/build.ts"))) return { kind: "clone", place: root };
  if (isCompiled) return { kind: "binary", place: file };
  const found = PLACES.find(([, pattern]) => pattern.test(`${root}/`));
  if (found !== undefined) return { kind: found[0], place: root };
  // npm keeps global packages in PREFIX/lib/node_modules, where no project lies around them.
  const outer = resolve(root, "../..");
  const isGlobal = root.endsWith("/lib/node_modules/hearthd") && !existsSync(join(outer, "package.json"));
  return isGlobal ? { kind: "npm-global", place: root } : { kind: "npm-project", place: outer };
}

/** `src/cli/main.ts` in a clone, `dist/src/cli/main.js` in the package. */
function packageFolder(script: string): string {
  const folder = resolve(dirname(script), "../..");
  return folder.endsWith("/dist") ? dirname(folder) : folder;
}

/** The name of a binary's platform, as archives have it; `scripts/build` defines it. */
export function platformName(): string {
  return typeof HEARTH_TARGET === "string" ? HEARTH_TARGET : `${process.platform}-${process.arch}`;
}
