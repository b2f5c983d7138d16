import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { posix } from "node:path";
import { errnoOf } from "./file-fault.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** What Linux adds to the name of an open file that has lost it. */
const DELETED = " (deleted)";

/** Where a path leads, as far as it exists. */
export interface Location {
  /** Real path; where something is missing, the real path of what exists and the rest as it would be. */
  readonly path: string;
  /** Why it could not be followed to its end (`ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, ...), or undefined. */
  readonly errno: string | undefined;
  /** Parts below the one that failed; 0 when only the last part is missing. */
  readonly partsBelow: number;
  /** Path of the part that failed; absent when it is the whole. */
  readonly failedAt?: string;
}

/**
 * Follows every symbolic link of an absolute path. `..` is taken literally: `link/../x` is `x` beside the link.
 *
 * Deno does so in every call of its own and the kernel does not, so tidying up first is what makes all runtimes agree.
 * It also lets nobody ask whether `outside/../inside` exists.
 */
export function locate(absolute: string): Location {
  // Without a slash at the end, which Deno overlooks and others refuse after a file
  const tidy = posix.normalize(absolute).replace(/(?<=.)\/$/, "");
  try {
    // The native variant is one system call on Bun, and on Node half the price of the one in JavaScript
    const path = realpathSync.native(tidy);
    // Bun asks the kernel for the name of what it opened: replaced meanwhile, that is no path any more.
    if (path.endsWith(DELETED) && !tidy.endsWith(DELETED)) return walk(tidy);
    return { path, errno: undefined, partsBelow: 0 };
  } catch (error) {
    const found = walk(tidy);
    const errno = errnoOf(error) ?? "EIO";
    // Bun opens the file first: replaced before it asks for the name, it is missing there (2 % of looks, measured).
    return found.errno === undefined && errno !== "ENOENT" ? { ...found, errno } : found;
  }
}

/**
 * Follows every symbolic link as the kernel does: `link/../x` lies beside what the link points to. For the owner, who
 * may see everything and expects what `cat` does.
 */
export function locateAsKernel(absolute: string): Location {
  return /(?:^|\/)\.\.(?:\/|$)/.test(absolute) ? walk(absolute) : locate(absolute);
}

/** Goes part by part, so that it can tell how far a path exists; the slow way. */
function walk(absolute: string): Location {
  const parts = partsOf(absolute);
  let done = "";
  let links = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === "..") {
      done = done.slice(0, Math.max(0, done.lastIndexOf("/")));
      continue;
    }
    const here = `${done}/${part}`;
    const step = look(here);
    if (step.errno !== undefined) return stopped(here, parts, step.errno);
    if (step.link !== undefined) {
      if (++links > MAX_LINKS) return stopped(here, parts, "ELOOP");
      if (posix.isAbsolute(step.link)) done = "";
      parts.unshift(...partsOf(step.link));
    } else if (parts.length > 0 && !step.isFolder) {
      return stopped(here, parts, "ENOTDIR");
    } else {
      done = here;
    }
  }
  return { path: done === "" ? "/" : done, errno: undefined, partsBelow: 0 };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function stopped(here: string, rest: readonly string[], errno: string): Location {
  return { path: posix.normalize([here, ...rest].join("/")), errno, partsBelow: rest.length, failedAt: here };
}

interface Step {
  readonly errno?: string;
  readonly link?: string;
  readonly isFolder?: boolean;
}

function look(path: string): Step {
  try {
    const stat = lstatSync(path);
    return stat.isSymbolicLink() ? { link: readlinkSync(path) } : { isFolder: stat.isDirectory() };
  } catch (error) {
    return { errno: errnoOf(error) ?? "EIO" };
  }
}
