import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { embedEngine } from "./embed-engine.ts";

/**
 * Compiles the command line and all it needs into one file.
 *
 * @returns its size in bytes
 */
export async function buildBinary(project: string, entry: string, outfile: string): Promise<number> {
  mkdirSync(dirname(outfile), { recursive: true });
  const result = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    // Without splitting the imports of lazy modules are hoisted and run at every start.
    splitting: true,
    minify: true,
    bytecode: true,
    define: { HEARTH_BINARY: "true" },
    plugins: [embedEngine(project)],
    // By default the binary runs the bunfig.toml and reads the .env of the folder it is started in.
    compile: { outfile, autoloadBunfig: false, autoloadDotenv: false },
  });
  if (!result.success) throw new AggregateError(result.logs, "The binary could not be built");
  return statSync(outfile).size;
}
