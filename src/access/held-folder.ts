import { closeSync, constants, fstatSync, fsyncSync, lstatSync, openSync } from "node:fs";
import { HearthError } from "../errors.ts";
import { PathDirectory } from "../runtime/directories/path-directory.ts";
import type { HeldDirectory } from "../runtime/directories/types.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { WriteTarget } from "./files.ts";
import { isSame, pathOfDescriptor } from "./open-checked.ts";

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** The folder of a write target, held open while the file is written. */
export interface HeldFolder {
  /** Files in it are named through its descriptor where the system allows it, so no swap can mislead. */
  readonly directory: HeldDirectory;
  /** Throws `file-changed` when another folder took its place. */
  check(): void;
  /** Makes a rename in it last over a power failure. */
  sync(): void;
  close(): void;
}

/**
 * Opens the folder that was checked for a target: a guest's by walking there from its root again. Throws `file-changed`
 * when it is another one by now, else what `fileFault` gives.
 */
export function holdFolder(target: WriteTarget): HeldFolder {
  return target.hold === undefined ? holdByPath(target) : holdByWalk(target, target.hold);
}

function holdByWalk(target: WriteTarget, hold: () => HeldDirectory | undefined): HeldFolder {
  const held = () => {
    const directory = walked(target, hold);
    if (isSame(directory.self(), folderIdentity(target))) return directory;
    directory.close();
    throw folderChanged(target);
  };
  const directory = held();
  return {
    directory,
    check: () => held().close(),
    sync: () => directory.sync(),
    close: () => directory.close(),
  };
}

function walked(target: WriteTarget, hold: () => HeldDirectory | undefined): HeldDirectory {
  try {
    const directory = hold();
    if (directory !== undefined) return directory;
  } catch (error) {
    const errno = errnoOf(error);
    const isMoved = errno === "ENOENT" || errno === "ENOTDIR" || errno === "ELOOP";
    if (!isMoved && errno !== undefined) throw fileFault(errno, target.shownPath, "write", { cause: error });
    if (!isMoved && !(error instanceof HearthError && error.code === "path-outside")) throw error;
  }
  throw folderChanged(target);
}

/** The owner's: by path where it can't be held, as any command-line tool does. */
function holdByPath(target: WriteTarget): HeldFolder {
  checkFolder(target);
  const fd = openFolder(target);
  if (fd === undefined) {
    const directory = new PathDirectory(target.folder);
    return { directory, check: () => checkFolder(target), sync() {}, close() {} };
  }
  const isHeld = pathOfDescriptor(fd) === target.folder;
  if (isHeld && !isSame(fstatSync(fd, { bigint: true }), folderIdentity(target))) {
    closeSync(fd);
    throw folderChanged(target);
  }
  return {
    directory: new PathDirectory(isHeld ? `/proc/self/fd/${fd}` : target.folder),
    check: () => checkFolder(target),
    sync: () => syncFolder(fd),
    close: () => closeSync(fd),
  };
}

/** Undefined: a folder that may be written but not read (mode 0300) can't be held. */
function openFolder(target: WriteTarget): number | undefined {
  try {
    return openSync(target.folder, FOLDER_FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EACCES") return undefined;
    if (errno === "ENOENT" || errno === "ENOTDIR") throw folderChanged(target);
    throw fileFault(errno, target.shownPath, "write", { cause: error });
  }
}

function checkFolder(target: WriteTarget): void {
  try {
    const stat = lstatSync(target.folder, { bigint: true });
    if (isSame(stat, folderIdentity(target))) return;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "ENOENT" && errno !== "ENOTDIR") {
      throw fileFault(errno, target.shownPath, "write", { cause: error });
    }
  }
  throw folderChanged(target);
}

function folderIdentity(target: WriteTarget): { dev: bigint; ino: bigint } {
  return { dev: target.folderDev, ino: target.folderIno };
}

function folderChanged(target: WriteTarget): HearthError {
  const message = `The folder of "${target.shownPath}" was replaced meanwhile; nothing was written`;
  return new HearthError("file-changed", message);
}

function syncFolder(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network and FUSE file systems can't sync a folder; there is nothing more to do
    const errno = errnoOf(error);
    if (errno !== "EINVAL" && errno !== "ENOTSUP" && errno !== "ENOSYS" && errno !== "EBADF") throw error;
  }
}
