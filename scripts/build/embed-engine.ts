import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { hostTarget } from "../release/targets.ts";

const ENTRY = "duckdb.node";

/** The engine's native files of one platform, as one of its packages has them. */
export interface EngineFiles {
  readonly folder: string;
  /** The library that the addon looks for in its own folder. */
  readonly library: "libduckdb.so" | "libduckdb.dylib";
}

/**
 * The files for this machine, out of the installed packages.
 *
 * @throws when no binary is made for such a machine
 */
export function installedEngine(project: string): EngineFiles {
  const target = hostTarget();
  if (target === undefined) throw new Error(`No binary is made for ${process.platform} ${process.arch}`);
  const require = createRequire(join(project, "package.json"));
  const manifest = require.resolve(`${target.bindingPackage}/package.json`);
  return { folder: dirname(manifest), library: target.library };
}

/**
 * Puts the engine's native files for one platform into the binary, and leaves out those of all others. The package's own
 * loader is replaced by a module that unpacks them when the engine is first needed.
 */
export function embedEngine(project: string, { folder, library }: EngineFiles): BunPlugin {
  const paths = [ENTRY, library].map((name) => join(folder, name));
  return {
    name: "embed-engine",
    setup(build) {
      build.onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({
        path: "binding",
        namespace: "engine",
      }));
      build.onResolve({ filter: /^\//, namespace: "engine" }, ({ path }) => ({ path, namespace: "file" }));
      build.onLoad({ filter: /^binding$/, namespace: "engine" }, () => ({
        loader: "ts",
        contents: redirectModule(project, paths),
      }));
    },
  };
}

function redirectModule(project: string, [addon, library]: readonly string[] | string[]): string {
  const loader = resolve(project, "src/engine/embedded-binding.ts");
  const hash = createHash("sha256");
  for (const path of [addon, library]) hash.update(readFileSync(path as string));
  const id = hash.digest("hex").slice(0, 16);
  const libraryName = (library as string).split("/").at(-1);
  return `
import addon from ${JSON.stringify(addon)} with { type: "file" };
import library from ${JSON.stringify(library)} with { type: "file" };
import { loadEmbeddedBinding } from ${JSON.stringify(loader)};
const files = { "${ENTRY}": addon, ${JSON.stringify(libraryName)}: library };
export default loadEmbeddedBinding({ id: "${id}", entry: "${ENTRY}", files });
`;
}
