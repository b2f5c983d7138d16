import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { privacyFault } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import { readRecord } from "./record.ts";

/** `sun_path` holds 103 bytes on macOS and 107 on Linux. */
const MAX_SOCKET_PATH_BYTES = 100;

/** True for a folder (not a link to one) that is ours and closed to everybody else. */
export function isPrivateFolder(path: string): boolean {
  return privacyFault(path) === undefined;
}

interface SocketPlace {
  /** The instance's folder. */
  readonly folder: string;
  readonly id: string;
  readonly recordPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Where the owner's socket of an instance lies: in its folder, or, when that path passes 100 bytes, in a private folder
 * below the runtime or temporary folder. Cron and a login shell know different runtime folders, so what a server
 * recorded comes first. Throws `state-unusable` when no folder is fit.
 */
export function chooseSocketPath(place: SocketPlace): string {
  const path = join(place.folder, "server.sock");
  if (isShort(path)) return path;
  const recorded = readRecord(place.recordPath)?.socketPath;
  if (recorded !== undefined && isShort(recorded) && isPrivateFolder(dirname(recorded))) return recorded;
  for (const folder of shortFolders(place.environment)) {
    const shortPath = join(folder, `${place.id}.sock`);
    if (isShort(shortPath) && canBePrivate(folder)) return shortPath;
  }
  throw new HearthError("state-unusable", `The path ${path} is too long for a Unix socket`, {
    hint: "Set HEARTH_STATE_DIR to a shorter path, or XDG_RUNTIME_DIR to a folder that only you can open.",
  });
}

function shortFolders(environment: SocketPlace["environment"]): string[] {
  const runtimeFolder = environment["XDG_RUNTIME_DIR"];
  const name = `hearth-${process.getuid?.() ?? 0}`;
  const folders = [join(environment["TMPDIR"] || "/tmp", name), join("/tmp", name)];
  // Under sudo the variable may still name the folder of somebody else.
  if (runtimeFolder && isPrivateFolder(runtimeFolder)) folders.unshift(join(runtimeFolder, "hearth"));
  return folders;
}

/** Private already, or absent where the server can make it so. */
function canBePrivate(folder: string): boolean {
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return isPrivateFolder(folder);
  return lstatSync(dirname(folder), { throwIfNoEntry: false }) !== undefined;
}

function isShort(path: string): boolean {
  return new TextEncoder().encode(path).length <= MAX_SOCKET_PATH_BYTES;
}
