import { statSync } from "node:fs";
import { setTimeout } from "node:timers";
import type { DirectoryCalls, HeldDirectory } from "./types.ts";

/** Milliseconds for which a directory is held after it was first used: its real path is asked for that often. */
const SHARED_MS = 1000;

interface Shared {
  readonly directory: HeldDirectory;
  readonly realPath: string;
  readonly dev: bigint;
  readonly ino: bigint;
  users: number;
  isOver: boolean;
}

/**
 * The same calls, but a directory that many requests begin at is opened once a second, not for each of them. Each time
 * it is still compared with what its path leads to now.
 */
export function sharingHolds(calls: DirectoryCalls): DirectoryCalls {
  const known = new Map<string, Shared>();
  const begin = (path: string): Shared => {
    const { directory, realPath } = calls.hold(path);
    const { dev, ino } = directory.self();
    const shared = { directory, realPath, dev, ino, users: 0, isOver: false };
    known.set(path, shared);
    setTimeout(() => end(path, shared), SHARED_MS).unref();
    return shared;
  };
  const end = (path: string, shared: Shared): void => {
    if (known.get(path) === shared) known.delete(path);
    shared.isOver = true;
    if (shared.users === 0) shared.directory.close();
  };
  return {
    unavailable: calls.unavailable,
    hold(path) {
      let shared = known.get(path);
      if (shared !== undefined && !isThere(shared, path)) {
        known.delete(path);
        shared = undefined;
      }
      const found = shared ?? begin(path);
      return { directory: lent(found), realPath: found.realPath };
    },
  };
}

function isThere({ dev, ino }: Shared, path: string): boolean {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false });
  return now !== undefined && now.dev === dev && now.ino === ino;
}

/** The shared directory, closed by its last user once its time is over. */
function lent(shared: Shared): HeldDirectory {
  shared.users += 1;
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    shared.users -= 1;
    if (shared.users === 0 && shared.isOver) shared.directory.close();
  };
  const { directory } = shared;
  return {
    step: (name) => directory.step(name),
    readLink: (name) => directory.readLink(name),
    stat: (name) => directory.stat(name),
    writtenMs: (name) => directory.writtenMs(name),
    checkWritable: (name) => directory.checkWritable(name),
    openFile: (name) => directory.openFile(name),
    create: (name, mode) => directory.create(name, mode),
    makeDirectory: (name, mode) => directory.makeDirectory(name, mode),
    rename: (from, to) => directory.rename(from, to),
    remove: (name) => directory.remove(name),
    list: () => directory.list(),
    self: () => directory.self(),
    sync: () => directory.sync(),
    close,
  };
}
