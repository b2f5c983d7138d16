import { lstatSync, mkdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { HearthError } from "../errors.ts";

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const isMac = process.platform === "darwin";

/** The user's home folder: HOME, else what the system's user list says; undefined when neither tells. */
export function homeFolder(env: Environment): string | undefined {
  const home = env["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  try {
    return process.getBuiltinModule("node:os").homedir() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Folder of logs, records and journals: `HEARTH_STATE_DIR`, else `hearth` in `XDG_STATE_HOME` (`~/.local/state`), on
 * macOS `~/Library/Application Support/hearth`. Throws `state-unusable` when there is no home folder.
 */
export function stateFolder(env: Environment): string {
  const named = env["HEARTH_STATE_DIR"];
  return named ? resolve(named) : userFolder(env, "XDG_STATE_HOME", ".local/state", "Application Support");
}

/** Folder of the user's own config: `hearth` in `XDG_CONFIG_HOME` (`~/.config`). Throws as `stateFolder`. */
export function configFolder(env: Environment): string {
  return userFolder(env, "XDG_CONFIG_HOME", ".config", "Application Support");
}

/** Folder of what can be made again: `HEARTH_CACHE_DIR`, else `hearth` in `XDG_CACHE_HOME` (`~/.cache`). Throws as `stateFolder`. */
export function cacheFolder(env: Environment): string {
  const named = env["HEARTH_CACHE_DIR"];
  return named ? resolve(named) : userFolder(env, "XDG_CACHE_HOME", ".cache", "Caches");
}

function userFolder(env: Environment, variable: string, usual: string, mac: string): string {
  const base = env[variable];
  // The XDG rules say that a relative value is to be ignored
  if (base !== undefined && isAbsolute(base)) return join(base, "hearth");
  const home = homeFolder(env);
  if (home === undefined) {
    throw new HearthError("state-unusable", "There is no home folder: HOME is not set", {
      hint: "Set HOME, or HEARTH_STATE_DIR and XDG_CONFIG_HOME to absolute folders.",
    });
  }
  return isMac ? join(home, "Library", mac, "hearth") : join(home, usual, "hearth");
}

/**
 * Makes a folder of mode 0700 where there is none, and makes sure that nobody else can put anything into it: a real
 * folder (no link), owned by this user, closed to all others. Throws `state-unusable` with what to do.
 */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw unusable(path, reasonOf(error), { cause: error });
  }
  const fault = privacyFault(path);
  if (fault !== undefined) throw unusable(path, fault.reason, { hint: fault.hint });
}

/** Not `recursive`: where the system refuses with ENOENT, as below /proc, Node 24 then tries for ever. */
function makeFolder(path: string, canMakeParent = true): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return; // what it is, is looked at next
    if (code !== "ENOENT" || !canMakeParent || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    makeFolder(path, false);
  }
}

/** Why a folder can't be relied on to be ours alone, and what to do about it; undefined: it is. */
export function privacyFault(path: string): { reason: string; hint: string } | undefined {
  const hint = "Name a folder of your own with HEARTH_STATE_DIR.";
  const stat = statOrReason(path);
  if (typeof stat === "string") return { reason: stat, hint };
  if (stat === undefined) return { reason: "it does not exist", hint };
  if (stat.isSymbolicLink()) return { reason: "it is a symbolic link", hint };
  if (!stat.isDirectory()) return { reason: "it is not a folder", hint };
  const self = process.getuid?.();
  if (self !== undefined && stat.uid !== self) {
    return { reason: `it belongs to another user (uid ${stat.uid})`, hint };
  }
  if ((stat.mode & 0o077) === 0) return undefined;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
  // Nobody should be told to close a folder that all share, such as /tmp.
  if ((stat.mode & 0o002) !== 0) return { reason: `everybody may write into it (mode ${mode})`, hint };
  return { reason: `others may enter it (mode ${mode})`, hint: `Run: chmod 700 ${path}` };
}

function statOrReason(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return reasonOf(error);
  }
}

function unusable(path: string, reason: string, options: { hint?: string; cause?: unknown }): HearthError {
  const hint = options.hint ?? "Mend it, or name another folder with HEARTH_STATE_DIR.";
  return new HearthError("state-unusable", `The folder ${path} can't be used: ${reason}`, {
    ...options,
    hint,
  });
}

function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    EEXIST: "it is not a folder",
    ENOTDIR: "a part of its path is not a folder",
    EACCES: "no permission to reach it",
    EPERM: "no permission to make it",
    EROFS: "it is on a read-only file system",
    ENOSPC: "no space is left",
    EDQUOT: "no space is left",
    ENAMETOOLONG: "its path is too long",
    ELOOP: "its symbolic links lead in a circle",
    ENOENT: "a part of its path leads nowhere",
  };
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? `the system reports ${code || "a failure"}`;
}
