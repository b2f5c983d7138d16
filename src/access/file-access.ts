import { basename, dirname } from "node:path";
import { HearthError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import { checkProtected, checkRoots, isBelowRoots, isInside, outsideNarrowed } from "./confine.ts";
import { shortenedByVariables } from "./expand.ts";
import { fileFault } from "./file-fault.ts";
import type {
  FileAccess,
  FilePlace,
  FileStamp,
  FolderListing,
  OpenedFile,
  PathOptions,
  WriteTarget,
} from "./files.ts";
import { listFolder } from "./list-folder.ts";
import { locate, locateAsKernel } from "./locate.ts";
import type { Location } from "./locate.ts";
import { makeFolder } from "./make-folder.ts";
import { openChecked } from "./open-checked.ts";
import { checkRegular, lookAt, stampFrom } from "./stamp.ts";
import { writeTarget } from "./write-target.ts";
import { joined, writtenPath } from "./written-path.ts";
import type { WrittenPath } from "./written-path.ts";

/** How often a path is looked up again when it was replaced between the check and the opening. */
const TRIES = 5;

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
}

/**
 * The files as one caller may see them. An owner goes anywhere that this process may, as with any command-line tool,
 * hearth's own files included; a guest only below the roots and never to hearth's own files, checked on the real file.
 *
 * A guest learns nothing of what lies outside: a missing file there is `path-outside` like any other.
 *
 * @example const file = await createFileAccess({ caller, roots, base, protectedPaths }).open("cities.csv");
 */
export function createFileAccess(options: FileAccessOptions): FileAccess {
  const find = (path: string, pathOptions: PathOptions = {}) => findPath(options, path, pathOptions);
  return {
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

interface Found {
  readonly written: WrittenPath;
  readonly location: Location;
}

/** Looks a path up and checks the caller's right to it, before anything is said about the file itself. */
function findPath(access: FileAccessOptions, path: string, options: PathOptions): Found {
  const { caller, roots } = access;
  const start = startFolder(access);
  const written = writtenPath(path, options, caller, start);
  const isOwner = caller.kind === "owner";
  const location = isOwner ? locateAsKernel(written.absolute) : locateForGuest(written.absolute, roots);
  if (!isOwner) {
    checkRoots(location.path, written.shown, roots);
    checkProtected(location.path, written.shown, access.protectedPaths());
  }
  const narrower = options.allowedRoots?.map((root) => joined(start, root));
  if (narrower !== undefined && !isBelowRoots(location.path, narrower)) throw outsideNarrowed(written.shown);
  return { written, location };
}

/**
 * For a guest `..` is literal, so that it tells nothing of what lies outside. Where the kernel would find a folder
 * missing below a root on the way, that is said all the same: `missing/../x` is no name of x.
 */
function locateForGuest(absolute: string, roots: readonly string[]): Location {
  const literal = locate(absolute);
  if (literal.errno !== undefined || !absolute.includes("/../")) return literal;
  const followed = locateAsKernel(absolute);
  const isMissing = followed.errno === "ENOENT" && isBelowRoots(followed.failedAt ?? "/", roots);
  return isMissing && isBelowRoots(followed.path, roots) ? followed : literal;
}

function startFolder(access: FileAccessOptions): string {
  if (access.caller.kind === "owner") return access.caller.directory;
  return access.base ?? access.roots[0] ?? "/";
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

function placeBelow(start: string, realPath: string, caller: Caller): FilePlace {
  const realStart = locate(start).path;
  if (isInside(realPath, realStart)) {
    const directory = realPath.slice(realStart.length).replace(/^\/+/, "") || ".";
    return { root: shortenedByVariables(realStart, caller), directory };
  }
  return { root: shortenedByVariables(dirname(realPath), caller), directory: basename(realPath) };
}

function targetFound(found: Found, caller: Caller): WriteTarget {
  const { written, location } = found;
  if (written.namesFolder) {
    throw new HearthError("not-a-file", `"${written.shown}" names a folder, not a file`);
  }
  return writeTarget(location, written.shown, caller);
}

function foreseeFound({ written, location }: Found): string {
  const { path, errno } = location;
  const { shown } = written;
  if (written.namesFolder) throw new HearthError("not-a-file", `"${shown}" names a folder, not a file`);
  if (errno === undefined) checkRegular(lookAt(path, shown, "write"), shown);
  else if (errno !== "ENOENT") throw fileFault(errno, shown, "write");
  return path;
}

function checkExists({ written, location }: Found, caller: Caller): void {
  const { errno, partsBelow } = location;
  if (errno === undefined) return;
  if (errno !== "ENOENT") throw fileFault(errno, written.shown, "read");
  const message = `No file "${written.shown}"${partsBelow > 0 ? ": its folder does not exist" : ""}`;
  throw new HearthError("file-not-found", message, written.isRelative ? { hint: startHint(caller) } : {});
}

function startHint(caller: Caller): string {
  if (caller.kind === "owner") return `Relative paths start from ${caller.directory}`;
  return "Relative paths start from the server's folder, which /api/health tells.";
}

/** `x.csv/` is no name of the file x.csv. */
function checkNotFolderName({ written, location }: Found): void {
  if (!written.namesFolder) return;
  checkRegular(lookAt(location.path, written.shown, "read"), written.shown);
  throw fileFault("ENOTDIR", written.shown, "read");
}

function retry<T>(attempt: () => T | undefined, path: string): T {
  for (let i = 0; i < TRIES; i++) {
    const result = attempt();
    if (result !== undefined) return result;
  }
  throw new HearthError("file-changed", `"${path}" was replaced again and again while it was opened`);
}
