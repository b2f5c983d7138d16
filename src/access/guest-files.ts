import { closeSync, fstatSync, lstatSync, openSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { posix } from "node:path";
import { HearthError } from "../errors.ts";
import { loadDirectoryCalls } from "../runtime/directories/load.ts";
import type { DirectoryCalls, EntryStat } from "../runtime/directories/types.ts";
import {
  checkNotOfProcesses,
  checkProtected,
  checkRoots,
  isInside,
  outsideNarrowed,
  pathOutside,
} from "./confine.ts";
import type { FileAccessOptions } from "./file-access.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { FileAccess, FileStamp, FolderListing, OpenedFile, PathOptions, WriteTarget } from "./files.ts";
import { checkExists, namesFolder, retry, startFolder } from "./found.ts";
import { placeBelow } from "./place-of.ts";
import { OutsideRoots, walkForGuest } from "./guest-walk.ts";
import type { GuestBounds, GuestPlace } from "./guest-walk.ts";
import { checkDataFile, checkDataFolder, checkGuestsMayWrite, trustedFile } from "./guest-writes.ts";
import { listHeld } from "./list-folder.ts";
import { isSame, openChecked, openedFile, READ_FLAGS } from "./open-checked.ts";
import { checkRegular, kindByMode, stampFrom } from "./stamp.ts";
import { guestTarget } from "./write-target.ts";
import { joined, writtenPath } from "./written-path.ts";
import type { WrittenPath } from "./written-path.ts";

/** Folders below one another that are made for one file. */
const MAX_DEPTH = 64;

/** A guest's view: only what lies below the roots, walked from them by directories that are held open. */
export function createGuestAccess(options: FileAccessOptions): FileAccess {
  const inside = async <T>(path: string, where: PathOptions | undefined, use: Use<T>): Promise<T> => {
    const calls = loadDirectoryCalls();
    const guest = new Guest(options, calls instanceof Promise ? await calls : calls);
    return guest.at(path, where ?? {}, (place) => use(guest, place));
  };
  const again = async <T>(path: string, where: PathOptions | undefined, use: Use<T | undefined>) =>
    retry(() => inside(path, where, use), path);
  return {
    open: (path, where) => again(path, where, (guest, place) => guest.open(place)),
    stamp: (path, where) => again(path, where, (guest, place) => guest.stamp(place)),
    list: (folder, where) => inside(folder, where, (guest, place) => guest.list(place)),
    placeOf: (realPath) => placeBelow(startFolder(options), realPath, options.caller),
    target: (path, where) => inside(path, where, (guest, place) => guest.target(place)),
    foresee: (path, where) => inside(path, where, (guest, place) => guest.foresee(place)),
    async makeFolder(path, where) {
      for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
        if (await inside(path, where, (guest, place) => guest.makeOne(place))) return;
      }
      throw fileFault("ENAMETOOLONG", path, "write");
    },
  };
}

type Use<T> = (guest: Guest, place: Inside) => T;

interface Inside extends GuestPlace {
  readonly written: WrittenPath;
}

class Guest {
  readonly #options: FileAccessOptions;
  readonly #calls: DirectoryCalls;

  constructor(options: FileAccessOptions, calls: DirectoryCalls) {
    this.#options = options;
    this.#calls = calls;
  }

  /** Walks to a path and checks the guest's right to it, before anything is said about the file itself. */
  at<T>(path: string, where: PathOptions, use: (place: Inside) => T): T {
    const { caller, roots, protectedPaths } = this.#options;
    const start = startFolder(this.#options);
    const written = writtenPath(path, where, caller, start);
    const { shown, absolute } = written;
    if (roots.length === 0) checkRoots(absolute, shown, roots);
    const checked = (place: GuestPlace): T => {
      checkNotOfProcesses(place.location.path, shown);
      checkProtected(place.location.path, shown, protectedPaths());
      this.#checkNarrowed(place.location.path, written, where.allowedRoots, start);
      return use({ ...place, written });
    };
    if (absolute.includes("/../") && this.#isMissingOnTheWay(absolute)) {
      return this.#walk(absolute, shown, checked, true);
    }
    return this.#walk(absolute, shown, checked);
  }

  #bounds(): GuestBounds {
    const { roots, base } = this.#options;
    return { calls: this.#calls, roots, base };
  }

  #walk<T>(absolute: string, shown: string, use: (place: GuestPlace) => T, followsParents = false): T {
    try {
      return walkForGuest(this.#bounds(), absolute, use, followsParents);
    } catch (error) {
      throw error instanceof OutsideRoots ? pathOutside(shown) : error;
    }
  }

  /** `missing/../x` is no name of x, although `..` is literal for a guest. */
  #isMissingOnTheWay(absolute: string): boolean {
    try {
      return walkForGuest(this.#bounds(), absolute, ({ location }) => location.errno === "ENOENT", true);
    } catch (error) {
      if (error instanceof OutsideRoots) return false;
      throw error;
    }
  }

  #checkNarrowed(
    path: string,
    { shown }: WrittenPath,
    narrower: readonly string[] | undefined,
    start: string,
  ): void {
    if (narrower === undefined) return;
    const isAllowed = narrower.some((root) => {
      const absolute = joined(start, root);
      return (
        isInside(path, posix.normalize(absolute).replace(/(?<=.)\/$/, "")) || this.#leadsAbove(absolute, path)
      );
    });
    if (!isAllowed) throw outsideNarrowed(shown);
  }

  #leadsAbove(root: string, path: string): boolean {
    try {
      return walkForGuest(this.#bounds(), root, ({ location }) => isInside(path, location.path));
    } catch {
      return false;
    }
  }

  /** Undefined: it was replaced meanwhile. */
  open(place: Inside): OpenedFile | undefined {
    const { shown } = place.written;
    const stat = this.#existingFile(place);
    const { path } = place.location;
    if (this.#calls.unavailable !== undefined) return openChecked(path, shown);
    const fd = this.#descriptor(place);
    if (fd === undefined) return undefined;
    try {
      const opened = fstatSync(fd, { bigint: true });
      if (opened.isFile() && isSame(stat, opened)) return openedFile(fd, path, shown, opened);
    } catch (error) {
      closeSync(fd);
      throw fileFault(errnoOf(error), shown, "read", { cause: error });
    }
    closeSync(fd);
    return undefined;
  }

  /** Opened by path only where the runtime can't do otherwise: the caller compares it with what was found. */
  #descriptor({ parent, name, location, written }: Inside): number | undefined {
    try {
      return parent?.openFile(name) ?? openSync(location.path, READ_FLAGS);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT" || errno === "ELOOP" || errno === "ENOTDIR") return undefined;
      throw fileFault(errno, written.shown, "read", { cause: error });
    }
  }

  stamp(place: Inside): FileStamp | undefined {
    const stat = this.#existingFile(place);
    const { path } = place.location;
    const full = stat.mtimeNs === undefined ? lookByPath(path) : (stat as BigIntStats);
    return full !== undefined && isSame(full, stat) ? stampFrom(path, full) : undefined;
  }

  #existingFile(place: Inside): EntryStat {
    const { written, location } = place;
    checkExists(place, this.#options.caller);
    const stat = place.stat as EntryStat;
    checkRegular(stat, written.shown);
    if (written.namesFolder) throw fileFault("ENOTDIR", written.shown, "read");
    // One more name of a file of hearth's own
    if (stat.nlink > 1n && this.#isProtectedFile(stat)) {
      checkProtected(location.path, written.shown, [location.path]);
    }
    return stat;
  }

  #isProtectedFile(stat: EntryStat): boolean {
    return this.#options.protectedPaths().some((path) => {
      const own = lookByPath(path);
      return own !== undefined && isSame(own, stat);
    });
  }

  list(place: Inside): FolderListing {
    const { shown } = place.written;
    checkExists(place, this.#options.caller);
    this.#checkAvailable("list");
    const { parent, name, location } = place;
    try {
      const folder = name === "" ? parent : parent?.step(name);
      try {
        return { realPath: location.path, entries: listHeld(folder?.list() ?? [], shown) };
      } finally {
        if (name !== "") folder?.close();
      }
    } catch (error) {
      if (error instanceof HearthError) throw error;
      throw fileFault(errnoOf(error), shown, "read", { cause: error });
    }
  }

  target(place: Inside): WriteTarget {
    const { written, location, stat } = place;
    if (written.namesFolder) throw namesFolder(written.shown);
    if (stat !== undefined) checkRegular(stat, written.shown);
    this.#checkFile(place);
    const mode = stat === undefined ? undefined : Number(stat.mode);
    return guestTarget(place, mode, this.#options.caller, written.shown, () =>
      this.#held(location.path, written),
    );
  }

  /** The folder that was checked, walked to again and held; the caller closes it. */
  #held(path: string, { shown }: WrittenPath) {
    const folder = posix.dirname(path);
    return this.#walk(folder, shown, ({ parent, name, location }) => {
      if (location.path !== folder || location.errno !== undefined || parent === undefined) return undefined;
      return name === "" ? this.#calls.hold(folder).directory : parent.step(name);
    });
  }

  foresee(place: Inside): string {
    const { written, location, stat } = place;
    const { shown } = written;
    if (written.namesFolder) throw namesFolder(shown);
    if (stat !== undefined) checkRegular(stat, shown);
    else if (location.errno !== "ENOENT") throw fileFault(location.errno, shown, "write");
    this.#checkFile(place);
    return location.path;
  }

  /** Makes one missing folder; true when none is missing any more. */
  makeOne(place: Inside): boolean {
    const { written, location, parent, stat } = place;
    const { guestWrites } = this.#options;
    this.#checkAvailable("write");
    checkGuestsMayWrite(guestWrites, written.shown);
    if (guestWrites === "data") checkDataFolder(this.#below(location.path), written.shown);
    if (stat !== undefined) {
      if (kindByMode(stat) !== "folder") throw fileFault("ENOTDIR", written.shown, "write");
      return true;
    }
    if (location.errno !== "ENOENT" || parent === undefined) {
      throw fileFault(location.errno, written.shown, "write");
    }
    try {
      parent.makeDirectory(place.name, 0o777 & ~process.umask());
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== "EEXIST") throw fileFault(errno, written.shown, "write", { cause: error });
    }
    return false;
  }

  #checkFile({ written, location, stat }: Inside): void {
    const { guestWrites, trustedPaths } = this.#options;
    const { shown } = written;
    this.#checkAvailable("write");
    checkGuestsMayWrite(guestWrites, shown);
    if (guestWrites === "data") {
      checkDataFile(this.#below(location.path), shown, stat === undefined ? undefined : Number(stat.mode));
    }
    if (trustedPaths().includes(location.path)) throw trustedFile(shown);
  }

  /** Below the nearest of the roots, so that a root may itself be hidden. */
  #below(path: string): string {
    const found = this.#options.roots.flatMap((root) => {
      const real = walkForGuest(this.#bounds(), root, ({ location }) => location.path);
      return isInside(path, real) ? [path.slice(real.length).replace(/^\/+/, "")] : [];
    });
    return found.reduce((nearest, below) => (below.length < nearest.length ? below : nearest), path);
  }

  #checkAvailable(action: "list" | "write"): void {
    const { unavailable } = this.#calls;
    if (unavailable === undefined) return;
    const message = `HTTP clients can't ${action} files on this server: ${unavailable}`;
    throw new HearthError("guest-writes-unavailable", message, {
      hint: "Use the command line, which is not bound by this, or run hearth's binary.",
    });
  }
}

function lookByPath(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
