import { posix } from "node:path";
import type { DirectoryCalls, EntryStat, HeldDirectory } from "../runtime/directories/types.ts";
import { isInside } from "./confine.ts";
import { errnoOf } from "./file-fault.ts";
import { locate } from "./locate.ts";
import type { Location } from "./locate.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** Where guests may go. */
export interface GuestBounds {
  readonly calls: DirectoryCalls;
  /** Absolute; may be written with links. */
  readonly roots: readonly string[];
  /** Where relative paths start; another name for a folder with roots in it, where it is a link. */
  readonly base: string | undefined;
}

/** What a path leads to below a root, with the directory that holds it open as long as it is used. */
export interface GuestPlace {
  readonly location: Location;
  /** Holds the last part that was reached; undefined where the root itself is missing. */
  readonly parent: HeldDirectory | undefined;
  /** That part's name in `parent`; "" for the root itself, which is then `parent`. */
  readonly name: string;
  /** Of what exists; never a link. */
  readonly stat: EntryStat | undefined;
}

/** The path leads out of the roots; nothing there was looked at. */
export class OutsideRoots extends Error {}

/**
 * Follows a guest's path part by part from a root that is held open, each directory opened in the one before it, and no
 * link by the kernel: where one points is followed here, as long as it stays below a root. Nothing outside is ever
 * looked at, so neither an answer nor its time tells what is there, and whatever is swapped meanwhile, `use` gets a
 * directory that was reached from the root.
 *
 * A link may leave a root only to come back below one by name: other links on that way are not followed.
 *
 * @param absolute `..` in it is literal, unless `followsParents`: then it is the parent of where a link led
 * @throws OutsideRoots
 */
export function walkForGuest<T>(
  bounds: GuestBounds,
  absolute: string,
  use: (place: GuestPlace) => T,
  followsParents = false,
): T {
  const walk = new Walk(bounds);
  try {
    return use(walk.follow(followsParents ? absolute : tidy(absolute)));
  } finally {
    walk.close();
  }
}

class Walk {
  readonly #bounds: GuestBounds;
  /** The root and the directories below it on the way, each held. */
  #held: HeldDirectory[] = [];
  #names: string[] = [];
  #root = "";
  #parts: string[] = [];
  #links = 0;

  constructor(bounds: GuestBounds) {
    this.#bounds = bounds;
  }

  follow(path: string): GuestPlace {
    const missing = this.#enter(path);
    if (missing !== undefined) return missing;
    for (;;) {
      const part = this.#parts.shift();
      if (part === undefined) return this.#arrived();
      if (part === "..") {
        const outside = this.#leave();
        if (outside !== undefined) return outside;
        continue;
      }
      const place = this.#parts.length === 0 ? this.#last(part) : this.#step(part);
      if (place !== undefined) return place;
    }
  }

  close(): void {
    for (const directory of this.#held.splice(0)) directory.close();
  }

  /** Begins at a root; gives a place only when the root is missing. */
  #enter(path: string): GuestPlace | undefined {
    const [root, rest] = rootOf(path, this.#bounds);
    this.close();
    this.#names = [];
    this.#parts = partsOf(rest);
    try {
      const { directory, realPath } = this.#bounds.calls.hold(root);
      this.#held.push(directory);
      this.#root = realPath === "/" ? "" : realPath;
      return undefined;
    } catch (error) {
      this.#root = root;
      const location = this.#stopped(errnoOf(error) ?? "EIO", this.#parts, root);
      return { location, parent: undefined, name: "", stat: undefined };
    }
  }

  #leave(): GuestPlace | undefined {
    if (this.#names.pop() !== undefined) {
      this.#held.pop()?.close();
      return undefined;
    }
    return this.#jump(posix.dirname(this.#root || "/"), this.#parts);
  }

  #step(part: string): GuestPlace | undefined {
    const top = this.#top();
    try {
      this.#held.push(top.step(part));
      this.#names.push(part);
      return undefined;
    } catch (error) {
      const errno = errnoOf(error) ?? "EIO";
      if (errno !== "ENOTDIR" && errno !== "ELOOP") return this.#stop(part, errno);
    }
    const link = linkAt(top, part);
    if (++this.#links > MAX_LINKS) return this.#stop(part, "ELOOP");
    if (link !== undefined) return this.#to(link);
    if (!isFolderAt(top, part)) return this.#stop(part, "ENOTDIR");
    // A directory by now: it was replaced just then
    this.#parts.unshift(part);
    return undefined;
  }

  #last(part: string): GuestPlace | undefined {
    const top = this.#top();
    let stat: EntryStat;
    try {
      stat = top.stat(part);
    } catch (error) {
      return this.#stop(part, errnoOf(error) ?? "EIO");
    }
    if (!isLink(stat)) return this.#at(part, stat);
    const link = linkAt(top, part);
    // No link any more: it was replaced just now
    if (link === undefined) this.#parts.unshift(part);
    if (++this.#links > MAX_LINKS) return this.#stop(part, "ELOOP");
    return link === undefined ? undefined : this.#to(link);
  }

  #to(link: string): GuestPlace | undefined {
    if (posix.isAbsolute(link)) return this.#jump("/", [...partsOf(link), ...this.#parts]);
    this.#parts.unshift(...partsOf(link));
    return undefined;
  }

  /** On from a path outside of this root, by its text alone. */
  #jump(from: string, parts: readonly string[]): GuestPlace | undefined {
    if (++this.#links > MAX_LINKS) return this.#stop("", "ELOOP");
    return this.#enter(tidy(`${from}/${parts.join("/")}`));
  }

  #arrived(): GuestPlace {
    const name = this.#names.at(-1) ?? "";
    if (name === "") return this.#at("", this.#top().self());
    // It ended in `..`: the directory that is held is the place itself, named in the one above it
    const parent = this.#held.at(-2) as HeldDirectory;
    const stat = this.#top().self();
    return { location: found(this.#path()), parent, name, stat };
  }

  #at(name: string, stat: EntryStat): GuestPlace {
    return { location: found(this.#path(name)), parent: this.#top(), name, stat };
  }

  #stop(part: string, errno: string): GuestPlace {
    const location = this.#stopped(errno, this.#parts, this.#path(part));
    return { location, parent: this.#top(), name: part, stat: undefined };
  }

  #stopped(errno: string, rest: readonly string[], here: string): Location {
    const path = posix.normalize([here, ...rest].join("/"));
    if (!isInside(path, this.#root || "/")) rootOf(path, this.#bounds);
    return { path, errno, partsBelow: rest.length, failedAt: here };
  }

  #top(): HeldDirectory {
    return this.#held.at(-1) as HeldDirectory;
  }

  #path(name = ""): string {
    return [this.#root, ...this.#names, ...(name === "" ? [] : [name])].join("/") || "/";
  }
}

function found(path: string): Location {
  return { path, errno: undefined, partsBelow: 0 };
}

function linkAt(directory: HeldDirectory, name: string): string | undefined {
  try {
    return directory.readLink(name);
  } catch {
    return undefined;
  }
}

function isFolderAt(directory: HeldDirectory, name: string): boolean {
  try {
    return (Number(directory.stat(name).mode) & 0o170000) === 0o040000;
  } catch {
    return false;
  }
}

function isLink({ mode }: EntryStat): boolean {
  return (Number(mode) & 0o170000) === 0o120000;
}

/** The root that a path is written below, and the rest of the path. Throws `OutsideRoots`. */
function rootOf(path: string, { roots, base }: GuestBounds): [root: string, rest: string] {
  const below = belowAny(path, roots);
  if (below !== undefined) return below;
  const start = base === undefined ? undefined : tidy(base);
  if (start !== undefined && isInside(path, start)) {
    const real = belowAny(tidy(`${locate(start).path}/${path.slice(start.length)}`), roots);
    if (real !== undefined) return real;
  }
  throw new OutsideRoots();
}

/** By the roots as they are written, which costs nothing, then by where they really are. */
function belowAny(path: string, roots: readonly string[]): [root: string, rest: string] | undefined {
  for (const realOf of [tidy, (root: string) => locate(root).path]) {
    for (const root of roots) {
      const start = realOf(root);
      if (isInside(path, start)) return [start, path.slice(start.length)];
    }
  }
  return undefined;
}

function tidy(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, "");
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
