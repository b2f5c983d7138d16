import { readFileSync, statSync } from "node:fs";
import { sha256 } from "./hash.ts";
import type { WatchedFile } from "./resolved.ts";

/** Looked at no more often than this, in milliseconds, however many requests arrive. */
const INTERVAL_MS = 1000;

/** A file changed less than this before it was looked at may change again without its stat showing it (git's rule). */
const RACY_MS = 2000;

export interface ConfigWatch {
  /** True when a file's content is another one than when it was read, or can't be read any more. */
  changed(): boolean;
}

interface Seen {
  readonly file: WatchedFile;
  signature: string;
}

/**
 * Watches the files of a resolved config by asking: a stat a second at most, and the content's hash decides. Call
 * `changed()` as often as wanted; make a new watch after resolving again. `now` gives milliseconds since the epoch.
 */
export function createConfigWatch(files: readonly WatchedFile[], now: () => number = Date.now): ConfigWatch {
  const seen: Seen[] = files.map((file) => ({ file, signature: "" }));
  let nextLookMs = 0;
  let isChanged = false;
  return {
    changed() {
      const nowMs = now();
      if (nowMs < nextLookMs) return isChanged;
      nextLookMs = nowMs + INTERVAL_MS;
      isChanged = seen.some((each) => hasChanged(each, nowMs));
      return isChanged;
    },
  };
}

function hasChanged(seen: Seen, nowMs: number): boolean {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(seen.file.realPath);
    const signature = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    if (signature === seen.signature) return false;
    if (sha256(readFileSync(seen.file.realPath)) !== seen.file.hash) return true;
    seen.signature = Math.max(mtimeMs, ctimeMs) < nowMs - RACY_MS ? signature : "";
    return false;
  } catch {
    return true;
  }
}
