import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lockedPackage } from "./locked-package.ts";
import { readLock, refOf } from "./shipped.ts";

const RULE = `\n${"-".repeat(78)}\n\n`;

const OTHERWISE_THERE = /\/(?:bun|@duckdb\/node-bindings-.*)$/;

/** Its packages bring no text. */
const BUN =
  "MIT; with JavaScriptCore (LGPL-2) and others, as https://github.com/oven-sh/bun/blob/main/LICENSE.md tells";

/**
 * The licences of all that is inside a binary, as the packages bring them: most want their text to go along.
 *
 * @param refs the packages, as `name@version`
 * @throws when a package neither has a text nor names its licence
 */
export function thirdPartyLicences(project: string, refs: ReadonlySet<string>): string {
  const parts = Object.entries(readLock(project))
    .filter(([path, entry]) => path !== "" && refs.has(refOf(path, entry)))
    // One platform's is installed here, another's elsewhere; the engine's own package has their text.
    .filter(([path]) => !OTHERWISE_THERE.test(path))
    .map(([path, entry]) => `${refOf(path, entry)}\n\n${licenceOf(join(project, path), entry.license)}\n`);
  const bun = `bun@${lockedPackage(project, "bun").version}\n\n${BUN}\n`;
  return [...parts, bun].toSorted().join(RULE);
}

function licenceOf(folder: string, name: string | undefined): string {
  const texts = licenceFiles(folder).map((file) => readFileSync(file, "utf8").trim());
  if (texts.length > 0) return texts.join("\n\n");
  if (name === undefined) throw new Error(`${folder} names no licence`);
  return name;
}

/** `LICENSE`, `NOTICE` and the like; also what lies in a folder of that name. */
function licenceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => /^(?:licen[cs]es?|copying|notice)(?:$|[.-])/i.test(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    })
    .toSorted();
}
