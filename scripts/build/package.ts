import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { manPage } from "../../src/cli/man/page.ts";

/**
 * Makes what the npm package holds beside its documentation: the ESM and the declarations of the sources, `src` and
 * `routes` in `outFolder`, and the manual page in its `man`.
 *
 * @throws when the compiler reports errors
 */
export async function buildPackage(project: string, outFolder = join(project, "dist")): Promise<void> {
  // What was removed from the sources must not stay in the package.
  for (const folder of ["src", "routes", "man"])
    rmSync(join(outFolder, folder), { recursive: true, force: true });
  const settings = join(project, "tsconfig.build.json");
  const command = [join(project, "node_modules/.bin/tsc"), "-p", settings, "--outDir", outFolder];
  const compiler = Bun.spawn(command, {
    cwd: project,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await compiler.exited) !== 0) throw new Error("The package could not be compiled");
  for (const file of new Bun.Glob("{src,routes}/**/*.d.ts").scanSync(outFolder)) {
    nameJavaScript(join(outFolder, file));
  }
  const main = join(outFolder, "src/cli/main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
  mkdirSync(join(outFolder, "man"));
  writeFileSync(join(outFolder, "man/hearth.1"), await manPage(COMMANDS));
}

// The compiler rewrites the endings of imports in code, but leaves `.ts` in declarations, where no such file lies.
function nameJavaScript(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/((?:from |import\()"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"'));
}
