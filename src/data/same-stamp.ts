import type { FileStamp } from "../access/files.ts";

/** True when two stamps show no difference: the same file, as far as the system tells with the same content. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.realPath === b.realPath
  );
}

/** A file changed later than this before it was read may change again without its stamp showing it. */
const RACY_MS = 2000;

/**
 * git's "racy" rule: true when a file was changed so shortly before `nowMs` that a further change could leave the stamp
 * as it is. The times of a file system are coarse (on Deno `ctime` has whole seconds). Only ctime counts where there is
 * one: anybody can set mtime, also into the future.
 */
export function isRacy(stamp: FileStamp, nowMs: number): boolean {
  const changedNs = stamp.ctimeNs > 0n ? stamp.ctimeNs : stamp.mtimeNs;
  return Number(changedNs / 1_000_000n) > nowMs - RACY_MS;
}
