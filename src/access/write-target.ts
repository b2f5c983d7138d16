import { accessSync, constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { HearthError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { WriteTarget } from "./files.ts";
import type { Location } from "./locate.ts";
import type { HeldDirectory } from "../runtime/directories/types.ts";
import type { GuestPlace } from "./guest-walk.ts";
import { checkRegular, lookAt } from "./stamp.ts";

/**
 * Where a write to a location that was checked will go: over the real file, so that links stay links, or to a new name
 * in an existing folder, also where a link leads to a name that does not exist yet.
 *
 * Throws `file-not-found` when the folder is missing, `not-a-file` for a folder, pipe, socket or device,
 * `permission-denied` for a file that is write-protected (replacing it would get around that).
 */
export function writeTarget(location: Location, shown: string, caller: Caller): WriteTarget {
  const existing = existingFile(location, shown);
  const folder = posix.dirname(location.path);
  const folderStat = lookAt(folder, shown, "write");
  return {
    shownPath: shown,
    folder,
    name: posix.basename(location.path),
    folderDev: folderStat.dev,
    folderIno: folderStat.ino,
    mode: existing === undefined ? newFileMode(caller) : Number(existing.mode) & 0o777,
  };
}

/**
 * The same for a place that was walked to; `hold` walks there again and holds the folder, undefined when it is another
 * one. Throws what `writeTarget` does.
 */
export function guestTarget(
  { location, parent, name, stat }: GuestPlace,
  mode: number | undefined,
  caller: Caller,
  shown: string,
  hold: () => HeldDirectory | undefined,
): WriteTarget {
  checkNewPlace(location, shown);
  if (parent === undefined) throw fileFault("ENOENT", shown, "write");
  try {
    if (stat !== undefined) {
      checkRegular(stat, shown);
      parent.checkWritable(name);
    }
    const folder = parent.self();
    return {
      shownPath: shown,
      folder: posix.dirname(location.path),
      name: posix.basename(location.path),
      folderDev: folder.dev,
      folderIno: folder.ino,
      mode: mode === undefined ? newFileMode(caller) : mode & 0o777,
      hold,
    };
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw fileFault(errnoOf(error), shown, "write", { cause: error });
  }
}

function checkNewPlace({ errno, partsBelow }: Location, shown: string): void {
  if (errno === undefined || (errno === "ENOENT" && partsBelow === 0)) return;
  if (errno !== "ENOENT") throw fileFault(errno, shown, "write");
  throw new HearthError("file-not-found", `The folder of "${shown}" does not exist`, {
    hint: "Folders are not made by writing; make it first.",
  });
}

function existingFile(location: Location, shown: string): BigIntStats | undefined {
  checkNewPlace(location, shown);
  if (location.errno !== undefined) return undefined;
  const stat = lookAt(location.path, shown, "write");
  checkRegular(stat, shown);
  try {
    accessSync(location.path, constants.W_OK);
  } catch (error) {
    throw fileFault(errnoOf(error), shown, "write", { cause: error });
  }
  return stat;
}

/** 0666 less the umask: an owner's is what the client sent; a guest's is the server's own. */
function newFileMode(caller: Caller): number {
  const umask = caller.kind === "owner" && caller.umask !== undefined ? caller.umask : process.umask();
  return 0o666 & ~umask;
}
