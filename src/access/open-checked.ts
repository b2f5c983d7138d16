import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { OpenedFile } from "./files.ts";
import { locate } from "./locate.ts";
import { checkRegular, lookAt, stampFrom } from "./stamp.ts";

/** Non-blocking, so that a pipe put in the place of a file can't hold the server. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Opens the regular file at a real path that was checked, and makes sure that it is that file which was opened: between
 * the check and the opening somebody may have put a link in its place.
 *
 * Undefined: something changed meanwhile, so the path has to be looked up and checked again. Throws `not-a-file` and
 * what `fileFault` gives.
 */
export function openChecked(realPath: string, shown: string): OpenedFile | undefined {
  const before = lookAt(realPath, shown, "read");
  // A link at a real path: it was replaced just now
  if (before.isSymbolicLink()) return undefined;
  checkRegular(before, shown);
  const fd = openForReading(realPath, shown);
  try {
    const opened = fstatSync(fd, { bigint: true });
    if (isSame(before, opened) && isStillThere(fd, realPath, opened)) {
      return openedFile(fd, realPath, shown, opened);
    }
  } catch (error) {
    closeSync(fd);
    throw fileFault(errnoOf(error), shown, "read", { cause: error });
  }
  closeSync(fd);
  return undefined;
}

function openForReading(realPath: string, shown: string): number {
  try {
    return openSync(realPath, READ_FLAGS);
  } catch (error) {
    throw fileFault(errnoOf(error), shown, "read", { cause: error });
  }
}

/**
 * The kernel tells which path a descriptor has; this leaves no gap. Where it may not be asked (Deno refuses everything
 * below /proc; macOS has none) the path must still be real and lead to the very same file. Deno needs that all the more
 * as it follows links itself before opening, `O_NOFOLLOW` or not (2.9, without `-A`).
 */
function isStillThere(fd: number, realPath: string, opened: BigIntStats): boolean {
  const told = pathOfDescriptor(fd);
  if (told !== undefined) return told === realPath;
  const now = locate(realPath);
  return (
    now.errno === undefined && now.path === realPath && isSame(lookAt(realPath, realPath, "read"), opened)
  );
}

/** The path that the kernel has for a descriptor; undefined where it does not tell. */
export function pathOfDescriptor(fd: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/** True when two stats are of the same file. */
export function isSame(one: { dev: bigint; ino: bigint }, other: { dev: bigint; ino: bigint }): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** A regular file by its descriptor, which it owns. */
export function openedFile(fd: number, realPath: string, shown: string, stat: BigIntStats): OpenedFile {
  let isOpen = true;
  return {
    shownPath: shown,
    stamp: stampFrom(realPath, stat),
    fd,
    // Native code may open it under Deno too: only Deno's own file API refuses /proc
    nativePath: process.platform === "linux" ? `/proc/self/fd/${fd}` : `/dev/fd/${fd}`,
    isUnchanged() {
      // Not ctime: that changes too when another file takes its path.
      const { size, mtimeNs } = fstatSync(fd, { bigint: true });
      return size === stat.size && mtimeNs === stat.mtimeNs;
    },
    close() {
      // Once only: the number may already be somebody else's
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
