/**
 * `npm run build`: the page, the ESM with declarations and the manual page of the npm package, and the compiled binary
 * `dist/hearth`, which holds the page. `build.ts page`, `package` or `binary` makes one of them; `--entry FILE` and
 * `--outfile FILE` compile another program the same way.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildBinary } from "./build/binary.ts";
import { buildPackage } from "./build/package.ts";
import { buildPage } from "./build/page.ts";

const project = resolve(import.meta.dir, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { entry: { type: "string" }, outfile: { type: "string" } },
});
const parts = positionals.length > 0 ? positionals : ["page", "package", "binary"];

for (const part of parts) {
  const before = performance.now();
  const made = await build(part);
  console.error(`${made}, ${((performance.now() - before) / 1000).toFixed(1)} s`);
}

async function build(part: string): Promise<string> {
  if (part === "package") {
    await buildPackage(project);
    return "dist/src, dist/routes, dist/man";
  }
  if (part === "page") return `dist/page, ${((await buildPage(project)) / 1000).toFixed(0)} kB packed`;
  if (part !== "binary") throw new Error(`Unknown part "${part}": page, package or binary`);
  await buildPage(project); // the binary holds it
  const outfile = resolve(values.outfile ?? join(project, "dist/hearth"));
  const bytes = await buildBinary(
    project,
    resolve(values.entry ?? join(project, "src/cli/main.ts")),
    outfile,
  );
  return `${outfile}, ${(bytes / 1e6).toFixed(0)} MB`;
}
