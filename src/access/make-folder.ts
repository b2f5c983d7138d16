import type { Caller } from "./caller.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import { holdFolder } from "./held-folder.ts";
import type { Location } from "./locate.ts";
import { writeTarget } from "./write-target.ts";

/** Folders below one another that are made for one file. */
const MAX_DEPTH = 64;

/**
 * Makes the owner's folder at a location, and those above it that are missing, one at a time: each is made in a folder that is
 * held open, and what came out of it is looked up and checked anew.
 *
 * @param lookUp finds the location and checks the caller's right to it
 * @throws HearthError what `fileFault` gives, and what `lookUp` throws
 */
export function makeFolder(lookUp: () => Location, shown: string, caller: Caller): void {
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const { path, errno, failedAt = path } = lookUp();
    if (errno === undefined) return;
    if (errno !== "ENOENT") throw fileFault(errno, shown, "write");
    makeOne(failedAt, shown, caller);
  }
  throw fileFault("ENAMETOOLONG", shown, "write");
}

function makeOne(path: string, shown: string, caller: Caller): void {
  const target = writeTarget({ path, errno: "ENOENT", partsBelow: 0 }, shown, caller);
  const parent = holdFolder(target);
  try {
    // As a file's mode, and who may read a folder may also go into it.
    const mode = target.mode | ((target.mode & 0o444) >> 2);
    parent.directory.makeDirectory(target.name, mode);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EEXIST") throw fileFault(errno, shown, "write", { cause: error });
  } finally {
    parent.close();
  }
}
