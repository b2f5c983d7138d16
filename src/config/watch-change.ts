import { statSync } from "node:fs";
import { sha256 } from "./hash.ts";
import { MAX_CONFIG_BYTES } from "./read-config.ts";
import { readRegular } from "./read-regular.ts";
import type { WatchedFile } from "./resolved.ts";

/** A file changed less than this before it was looked at may change again without its stat showing it (git's rule). */
const RACY_MS = 2000;

export interface ConfigWatch {
  /** True when a file has other content than when it was read, or can't be read any more. Looks at the files. */
  changed(): boolean;
  /** What is there now was looked at and is not taken: `changed()` is true once a file changes again, even back. */
  dismiss(): void;
}

interface Seen {
  readonly file: WatchedFile;
  /** Stat of the file with the content that was read. */
  signature: string;
  /** Stat of the file with content that is not taken; undefined: nothing was dismissed. */
  dismissed: string | undefined;
}

/**
 * Watches the files of a resolved config when asked: a stat of each, and where that differs, the content's hash decides.
 * `now` gives milliseconds since the epoch.
 */
export function createConfigWatch(files: readonly WatchedFile[], now: () => number = Date.now): ConfigWatch {
  const seen: Seen[] = files.map((file) => ({ file, signature: "", dismissed: undefined }));
  return {
    changed: () => seen.map((each) => hasChanged(each, now())).includes(true),
    dismiss() {
      for (const each of seen) each.dismissed = settledSignature(each.file.realPath, now());
    },
  };
}

function hasChanged(seen: Seen, nowMs: number): boolean {
  const signature = signatureOf(seen.file.realPath);
  if (seen.dismissed !== undefined) return signature !== seen.dismissed;
  if (signature === seen.signature) return false;
  try {
    const file = readRegular(seen.file.realPath, MAX_CONFIG_BYTES);
    if (file === undefined || sha256(file.bytes) !== seen.file.hash) return true;
  } catch {
    return true;
  }
  seen.signature = settledSignature(seen.file.realPath, nowMs);
  return false;
}

const GONE = "gone";

function signatureOf(path: string): string {
  try {
    const { ctimeMs, ino, mode, mtimeMs, size, uid } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino} ${mode} ${uid}`;
  } catch {
    return GONE;
  }
}

/** Empty while the file may still change without its stat showing it. */
function settledSignature(path: string, nowMs: number): string {
  const signature = signatureOf(path);
  const [mtimeMs = 0, ctimeMs = 0] = signature.split(" ").map(Number);
  return signature === GONE || Math.max(mtimeMs, ctimeMs) < nowMs - RACY_MS ? signature : "";
}
