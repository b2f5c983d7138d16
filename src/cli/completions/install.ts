import * as fs from "node:fs";
import { dirname } from "node:path";
import { errnoOf, fileFault } from "../../access/file-fault.ts";
import { HearthError } from "../../errors.ts";

/** What was done with a completion file, or would be. */
export type FileChange = "installed" | "updated" | "unchanged" | "removed" | "absent";

/** How the scripts of each shell begin; a file that begins otherwise was put there by somebody else. */
const OUR_BEGINNING = /^(?:# (?:bash|fish) completion for hearth\n|#compdef hearth\n)/;

/**
 * Puts a completion file in place, whole or not at all; the same text again changes nothing. Where the file is a link, what
 * it leads to is replaced.
 *
 * @param isDry only tells what would be done
 * @throws HearthError `file-failed` for a file of somebody else's, and what the file system refuses
 */
export function installFile(path: string, text: string, isDry: boolean): FileChange {
  return explained(path, () => {
    const present = readOurs(path);
    if (present === text) return "unchanged";
    if (!isDry) replaceFile(path, text);
    return present === undefined ? "installed" : "updated";
  });
}

/** Removes a completion file of ours; that there is none is no failure. Otherwise as `installFile`. */
export function uninstallFile(path: string, isDry: boolean): FileChange {
  return explained(path, () => {
    if (readOurs(path) === undefined) return "absent";
    if (!isDry) fs.rmSync(path);
    return "removed";
  });
}

/** The text of our file; undefined: there is none. */
function readOurs(path: string): string | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  if (OUR_BEGINNING.test(text)) return text;
  throw new HearthError("file-failed", `${path} is a completion file of somebody else's`, {
    hint: "Move it away, or print hearth's with `hearth completions SHELL` and put it where you like.",
  });
}

/** Written beside and renamed: a shell that starts meanwhile must not read half of it. */
function replaceFile(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  const real = fs.existsSync(path) ? fs.realpathSync(path) : path;
  const beside = `${real}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(beside, text, { flag: "wx" });
    fs.renameSync(beside, real);
  } finally {
    fs.rmSync(beside, { force: true });
  }
}

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw fileFault(errnoOf(error), path, "write", { cause: error });
  }
}
