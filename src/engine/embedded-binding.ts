import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, privacyFault } from "../config/folders.ts";
import { HearthError } from "../errors.ts";

/** The engine's native files as they lie in the compiled binary; `scripts/build.ts` writes the module that names them. */
export interface EmbeddedBinding {
  /** Hash of all files: names the folder that they are unpacked to. */
  readonly id: string;
  /** The file to load; it looks for the others in its own folder. */
  readonly entry: string;
  /** File name outside to path inside the binary. */
  readonly files: Readonly<Record<string, string>>;
}

/** Days after which what an older binary unpacked, or an interrupted unpacking left, is removed. */
const KEPT_DAYS = 14;

/**
 * Loads the engine's native library out of the compiled binary: the system's loader needs real files, so they are
 * unpacked once (70 MB, some 100 ms) into the user's cache folder.
 *
 * @throws HearthError `engine-unavailable`
 */
export function loadEmbeddedBinding(binding: EmbeddedBinding): unknown {
  const folder = unpack(binding, cacheFolder(process.env));
  const loaded: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(loaded, join(folder, binding.entry));
  } catch (cause) {
    throw unavailable(folder, "the system can't load a library from it", cause);
  }
  return loaded.exports;
}

/**
 * Unpacks into a folder of mode 0700 below `base`, unless it is there already. Any number may do so at once: each
 * writes a folder of its own, and the first rename wins.
 *
 * @returns the folder with the files
 * @throws HearthError `engine-unavailable`
 */
export function unpack(binding: EmbeddedBinding, base: string): string {
  const folder = join(base, `duckdb-${binding.id}`);
  if (isComplete(binding, folder)) return folder;
  try {
    fs.mkdirSync(base, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unavailable(base, "it can't be made", cause);
  }
  checkBase(base);
  const beside = writeBeside(binding, base);
  try {
    takePlace(binding, beside, folder);
  } finally {
    fs.rmSync(beside, { recursive: true, force: true });
  }
  if (!isComplete(binding, folder))
    throw unavailable(folder, faultOf(folder) ?? "its files are not the right ones");
  removeOld(base, folder);
  return folder;
}

// Sizes, not hashes: the files came by one rename, so at most somebody's clean-up has removed or cut one.
function isComplete(binding: EmbeddedBinding, folder: string): boolean {
  if (faultOf(folder) !== undefined) return false;
  return Object.entries(binding.files).every(([name, embedded]) => {
    const stat = fs.lstatSync(join(folder, name), { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.size === fs.statSync(embedded).size;
  });
}

function faultOf(folder: string): string | undefined {
  try {
    return privacyFault(folder)?.reason;
  } catch {
    return "it can't be looked at"; // a part of the path is a file, or closed to us
  }
}

// Whoever may write into the base could put another library in the folder's place.
function checkBase(base: string): void {
  const stat = fs.lstatSync(base);
  if (!stat.isDirectory())
    throw unavailable(base, stat.isSymbolicLink() ? "it is a symbolic link" : "it is no folder");
  const self = process.getuid?.();
  if (self !== undefined && stat.uid !== self) throw unavailable(base, "it belongs to another user");
  if ((stat.mode & 0o022) !== 0) throw unavailable(base, "others may write into it");
}

function writeBeside(binding: EmbeddedBinding, base: string): string {
  let beside: string | undefined;
  try {
    beside = fs.mkdtempSync(join(base, "duckdb-new-")); // mode 0700
    for (const [name, embedded] of Object.entries(binding.files)) {
      fs.writeFileSync(join(beside, name), fs.readFileSync(embedded), { mode: 0o500 });
    }
    return beside;
  } catch (cause) {
    if (beside !== undefined) fs.rmSync(beside, { recursive: true, force: true });
    const isFull = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw unavailable(base, isFull ? "no space is left" : "it can't be written", cause);
  }
}

function takePlace(binding: EmbeddedBinding, beside: string, folder: string): void {
  for (let tries = 0; tries < 3; tries++) {
    try {
      fs.renameSync(beside, folder);
      return;
    } catch {
      // Either another process was first, or what stands there is incomplete or not ours: it makes room.
      if (isComplete(binding, folder)) return;
      moveAway(folder);
    }
  }
}

// By its own name, so that a link is moved, never followed.
function moveAway(folder: string): void {
  try {
    const trash = fs.mkdtempSync(join(dirname(folder), "duckdb-old-"));
    fs.renameSync(folder, join(trash, "old"));
    fs.rmSync(trash, { recursive: true, force: true });
  } catch {
    // Another process has just done so, or it can't be done: the check after the last try tells.
  }
}

function removeOld(base: string, kept: string): void {
  for (const name of fs.readdirSync(base)) {
    const path = join(base, name);
    if (!name.startsWith("duckdb-") || path === kept) continue;
    try {
      const ageDays = (Date.now() - fs.lstatSync(path).mtimeMs) / 86_400_000;
      if (ageDays > KEPT_DAYS) fs.rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else removes it at this moment, or it isn't ours: not worth a failure.
    }
  }
}

function unavailable(path: string, reason: string, cause?: unknown): HearthError {
  return new HearthError("engine-unavailable", `The query engine can't be unpacked to ${path}: ${reason}`, {
    hint: "Name a folder of your own, on a disk with 100 MB free, with HEARTH_CACHE_DIR.",
    cause,
  });
}
