import type { Caller } from "./caller.ts";
import { isBelowRoots, outsideNarrowed } from "./confine.ts";
import { fileFault } from "./file-fault.ts";
import type { FileAccess, FileStamp, FolderListing, OpenedFile, PathOptions, WriteTarget } from "./files.ts";
import { checkExists, namesFolder, retry, startFolder } from "./found.ts";
import type { Found } from "./found.ts";
import { createGuestAccess } from "./guest-files.ts";
import type { GuestWriteRule } from "./guest-writes.ts";
import { listFolder } from "./list-folder.ts";
import { locateAsKernel } from "./locate.ts";
import { makeFolder } from "./make-folder.ts";
import { openChecked } from "./open-checked.ts";
import { placeBelow } from "./place-of.ts";
import { checkRegular, lookAt, stampFrom } from "./stamp.ts";
import { writeTarget } from "./write-target.ts";
import { joined, writtenPath } from "./written-path.ts";

export interface FileAccessOptions {
  readonly caller: Caller;
  /** Absolute folders that guests may reach; may be written with links. An owner is not bound by them. */
  readonly roots: readonly string[];
  /** Absolute folder that a guest's relative paths start from; undefined: the first root. */
  readonly base: string | undefined;
  /**
   * hearth's own files and folders, which no guest reads or writes. Asked at every check; a list must not be changed in
   * place (its real paths are kept with it): give another one instead.
   */
  readonly protectedPaths: () => readonly string[];
  /** Which files guests may write. */
  readonly guestWrites: GuestWriteRule;
  /** Real paths of what the config names and its modules import, which no guest writes. */
  readonly trustedPaths: () => readonly string[];
}

/**
 * The files as one caller may see them. An owner goes anywhere that this process may, as with any command-line tool,
 * hearth's own files included; a guest only below the roots and never to hearth's own files, checked on the real file.
 *
 * A guest learns nothing of what lies outside: a missing file there is `path-outside` like any other.
 *
 * @example const file = await createFileAccess({ caller, roots, base, protectedPaths, ... }).open("cities.csv");
 */
export function createFileAccess(options: FileAccessOptions): FileAccess {
  if (options.caller.kind === "guest") return createGuestAccess(options);
  const find = (path: string, pathOptions: PathOptions = {}) => findPath(options, path, pathOptions);
  return {
    callerKey: options.caller.kind,
    async open(path, pathOptions) {
      return retry(() => openFound(find(path, pathOptions), options.caller), path);
    },
    async stamp(path, pathOptions) {
      return retry(() => stampFound(find(path, pathOptions), options.caller), path);
    },
    async list(folder, pathOptions) {
      return listFound(find(folder, pathOptions), options.caller);
    },
    placeOf: (realPath) => placeBelow(startFolder(options), realPath, options.caller),
    async target(path, pathOptions) {
      return targetFound(find(path, pathOptions), options.caller);
    },
    async foresee(path, pathOptions) {
      return foreseeFound(find(path, pathOptions));
    },
    async makeFolder(path, pathOptions) {
      const { written } = find(path, pathOptions);
      makeFolder(() => find(path, pathOptions).location, written.shown, options.caller);
    },
  };
}

/** Looks an owner's path up; the request itself may narrow what is allowed. */
function findPath(access: FileAccessOptions, path: string, options: PathOptions): Found {
  const start = startFolder(access);
  const written = writtenPath(path, options, access.caller, start);
  const location = locateAsKernel(written.absolute);
  const narrower = options.allowedRoots?.map((root) => joined(start, root));
  if (narrower !== undefined && !isBelowRoots(location.path, narrower)) throw outsideNarrowed(written.shown);
  return { written, location };
}

function openFound(found: Found, caller: Caller): OpenedFile | undefined {
  checkExists(found, caller);
  checkNotFolderName(found);
  return openChecked(found.location.path, found.written.shown);
}

function stampFound(found: Found, caller: Caller): FileStamp | undefined {
  checkExists(found, caller);
  checkNotFolderName(found);
  const { path } = found.location;
  const stat = lookAt(path, found.written.shown, "read");
  if (stat.isSymbolicLink()) return undefined;
  checkRegular(stat, found.written.shown);
  return stampFrom(path, stat);
}

function listFound(found: Found, caller: Caller): FolderListing {
  checkExists(found, caller);
  const { path } = found.location;
  return { realPath: path, entries: listFolder(path, found.written.shown) };
}

function targetFound(found: Found, caller: Caller): WriteTarget {
  const { written, location } = found;
  if (written.namesFolder) {
    throw namesFolder(written.shown);
  }
  return writeTarget(location, written.shown, caller);
}

function foreseeFound({ written, location }: Found): string {
  const { path, errno } = location;
  const { shown } = written;
  if (written.namesFolder) throw namesFolder(shown);
  if (errno === undefined) checkRegular(lookAt(path, shown, "write"), shown);
  else if (errno !== "ENOENT") throw fileFault(errno, shown, "write");
  return path;
}

/** `x.csv/` is no name of the file x.csv. */
function checkNotFolderName({ written, location }: Found): void {
  if (!written.namesFolder) return;
  checkRegular(lookAt(location.path, written.shown, "read"), written.shown);
  throw fileFault("ENOTDIR", written.shown, "read");
}
