import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Where a file of the built page lies: beside the compiled sources in the package, in `dist` of a clone. The compiled
 * binary has a module of its own in this one's place, since it holds the files in itself.
 */
export function pageFile(name: string): string {
  const inPackage = fileURLToPath(new URL(`../page/${name}`, import.meta.url));
  return existsSync(inPackage) ? inPackage : fileURLToPath(new URL(`../dist/page/${name}`, import.meta.url));
}
