import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { BunPlugin } from "bun";

const ENTRY = "duckdb.node";

/**
 * Puts the engine's native files for this machine's platform into the binary, and leaves out those of all others. The
 * package's own loader is replaced by a module that unpacks them when the engine is first needed.
 */
export function embedEngine(project: string): BunPlugin {
  const folder = bindingFolder(project);
  const library = process.platform === "darwin" ? "libduckdb.dylib" : "libduckdb.so";
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

function bindingFolder(project: string): string {
  const require = createRequire(join(project, "package.json"));
  const name = `@duckdb/node-bindings-${process.platform}-${process.arch}`;
  return dirname(require.resolve(`${name}/package.json`));
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
