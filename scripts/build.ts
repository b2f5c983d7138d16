/**
 * `npm run build`: the compiled binary `dist/hearth`, and the ESM with declarations of the npm package. `build.ts binary`
 * or `build.ts package` makes one of them; `--entry FILE` and `--outfile FILE` compile another program the same way.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildBinary } from "./build/binary.ts";
import { buildPackage } from "./build/package.ts";

const project = resolve(import.meta.dir, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { entry: { type: "string" }, outfile: { type: "string" } },
});
const parts = positionals.length > 0 ? positionals : ["package", "binary"];

for (const part of parts) {
  const before = performance.now();
  const made = await build(part);
  console.error(`${made}, ${((performance.now() - before) / 1000).toFixed(1)} s`);
}

async function build(part: string): Promise<string> {
  if (part === "package") {
    await buildPackage(project);
    return "dist/src, dist/routes";
  }
  if (part !== "binary") throw new Error(`Unknown part "${part}": binary or package`);
  const outfile = resolve(values.outfile ?? join(project, "dist/hearth"));
  const bytes = await buildBinary(
    project,
    resolve(values.entry ?? join(project, "src/cli/main.ts")),
    outfile,
  );
  return `${outfile}, ${(bytes / 1e6).toFixed(0)} MB`;
}
