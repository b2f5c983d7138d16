import { HearthError } from "../errors.ts";
import { locate } from "./locate.ts";

/** True when a real path is `folder` or lies below it. Both absolute, without links and without a slash at the end. */
export function isInside(path: string, folder: string): boolean {
  if (folder === "/") return true;
  return path.startsWith(folder) && (path.length === folder.length || path[folder.length] === "/");
}

/**
 * True when a real path lies below one of the roots, which may be written with links.
 *
 * A root that a real path begins with has no link in it, so text decides first and costs no system call.
 */
export function isBelowRoots(path: string, roots: readonly string[]): boolean {
  return (
    roots.some((root) => isInside(path, root)) || roots.some((root) => isInside(path, locate(root).path))
  );
}

/** Throws `no-root` when nothing is open to guests, `path-outside` when a real path is below none of the roots. */
export function checkRoots(path: string, shown: string, roots: readonly string[]): void {
  if (roots.length === 0) {
    throw new HearthError("no-root", "This server has no folder open to callers by TCP", {
      hint: "Open the current one with `hearth start --root .`",
    });
  }
  if (!isBelowRoots(path, roots)) throw pathOutside(shown);
}

/** `path-outside`, in the words that do not tell whether the file exists. */
export function pathOutside(shown: string): HearthError {
  return new HearthError("path-outside", `Path "${shown}" is not under an allowed root`, {
    hint: "`hearth start --root DIR` opens one more folder.",
  });
}

/** As `pathOutside`, where the request itself allowed less than the server does. */
export function outsideNarrowed(shown: string): HearthError {
  return new HearthError("path-outside", `Path "${shown}" is not under an allowed root`, {
    hint: "The request's own allowed_roots leave it out.",
  });
}

/** Real paths of a list of protected ones, kept as long as the list itself lives. */
const realProtected = new WeakMap<readonly string[], readonly string[]>();

/** Throws `path-protected` when a real path is one of hearth's own files or below one of its folders. */
export function checkProtected(path: string, shown: string, protectedPaths: readonly string[]): void {
  let real = realProtected.get(protectedPaths);
  if (real === undefined) {
    real = protectedPaths.map((each) => locate(each).path);
    realProtected.set(protectedPaths, real);
  }
  if (real.some((each) => isInside(path, each))) {
    throw new HearthError("path-protected", `Path "${shown}" is one of hearth's own files`);
  }
}

/**
 * Throws `path-protected` for a real path below `/proc`. What processes say of themselves there, such as their
 * environment and command line, is no data of a root, also where the root is `/`.
 */
export function checkNotOfProcesses(path: string, shown: string): void {
  if (process.platform !== "linux" || !isInside(path, "/proc")) return;
  throw new HearthError("path-protected", `Path "${shown}" is about processes of this machine`);
}
