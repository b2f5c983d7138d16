import type { Stats } from "node:fs";

/**
 * Why a config found by searching is not used, or undefined when it may be: it has to be a regular file that belongs
 * to this user or to root, and nobody else may write it.
 */
export function ownershipFault(stat: Stats, path: string): string | undefined {
  if (!stat.isFile()) return "it is not a regular file";
  const self = process.getuid?.();
  if (self !== undefined && stat.uid !== self && stat.uid !== 0) {
    return `it belongs to another user (uid ${stat.uid}); to use it all the same: --config ${path}`;
  }
  if ((stat.mode & 0o022) === 0) return undefined;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  return `others may write it (mode ${mode}); to use it: chmod go-w ${path}`;
}
