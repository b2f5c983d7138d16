import { statSync } from "node:fs";
import { homeFolder } from "../../config/folders.ts";
import { absolute } from "../../config/given-values.ts";
import { HearthError } from "../../errors.ts";

/**
 * The folders that `--root` names, absolute. Throws `usage` for what is no folder: a slip must not look like a root that
 * is open. Of those in a config or a variable, which outlive the moment, a missing one is only said.
 */
export function namedRoots(written: readonly string[] = []): string[] {
  const base = { folder: process.cwd(), home: homeFolder(process.env) };
  return written.map((root) => {
    const path = absolute("path", root, base) as string;
    if (isFolder(path)) return path;
    throw new HearthError("usage", `--root: there is no folder "${root}"`, {
      hint: path === root ? undefined : `It was looked for at ${path}.`,
    });
  });
}

/** Says which folders callers by TCP may reach, and which of the named ones are not there. */
export function tellRoots(
  roots: readonly string[],
  tell: { info(sentence: string): void; warn(sentence: string): void },
): void {
  for (const root of roots) {
    if (isFolder(root)) tell.info(`Programs coming by TCP may reach ${root}`);
    else tell.warn(`There is no folder ${root}, which is named as a root`);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
