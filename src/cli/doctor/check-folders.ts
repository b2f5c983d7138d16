import { accessSync, constants, lstatSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../../access/file-fault.ts";
import { cacheFolder, type Environment, privacyFault, stateFolder } from "../../config/folders.ts";
import { HearthError } from "../../errors.ts";
import { sizeText } from "../output/progress.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Less room than this and logs, spilled queries and uploads will soon fail. */
const LITTLE_ROOM_BYTES = 200_000_000;

/** The folders that hearth keeps for itself. */
export function checkFolders(env: Environment): Finding[] {
  return [
    checkFolder("state folder", "HEARTH_STATE_DIR", () => stateFolder(env)),
    checkFolder("cache folder", "HEARTH_CACHE_DIR", () => cacheFolder(env)),
  ];
}

function checkFolder(subject: string, variable: string, find: () => string): Finding {
  const hint = `Give yourself the right to, or name another folder with ${variable}.`;
  let path = "";
  try {
    path = find();
    return checkPath(subject, path, hint);
  } catch (error) {
    if (error instanceof HearthError) return fail(subject, error.message, error.hint);
    return fail(subject, `${path} can't be looked at (${errnoOf(error) ?? "a failure of the system"})`, hint);
  }
}

function checkPath(subject: string, path: string, hint: string): Finding {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const fault = isThere ? privacyFault(path) : undefined;
  if (fault !== undefined) return fail(subject, `${path}: ${fault.reason}`, fault.hint);
  const existing = isThere ? path : nearestExisting(path);
  if (!isWritable(existing)) {
    return fail(subject, `${existing} may not be written`, hint);
  }
  const { bavail, bsize } = statfsSync(existing);
  const room = sizeText(bavail * bsize);
  if (bavail * bsize < LITTLE_ROOM_BYTES)
    return warn(subject, `${path}: only ${room} left`, "Make room on that disk.");
  return ok(subject, `${path}${isThere ? "" : " (will be made)"}, ${room} free`);
}

function nearestExisting(path: string): string {
  let folder = path;
  while (lstatSync(folder, { throwIfNoEntry: false }) === undefined && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
