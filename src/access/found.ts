import { HearthError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import type { FileAccessOptions } from "./file-access.ts";
import { fileFault } from "./file-fault.ts";
import type { Location } from "./locate.ts";
import type { WrittenPath } from "./written-path.ts";

/** How often a path is looked up again when it was replaced between the check and the opening. */
const TRIES = 5;

/** A path that was looked up, with the caller's right to it checked. */
export interface Found {
  readonly written: WrittenPath;
  readonly location: Location;
}

/** Where a caller's relative paths start. */
export function startFolder(access: FileAccessOptions): string {
  if (access.caller.kind === "owner") return access.caller.directory;
  return access.base ?? access.roots[0] ?? "/";
}

/** Throws `file-not-found`, or what else kept a path from being followed to its end. */
export function checkExists({ written, location }: Found, caller: Caller): void {
  const { errno, partsBelow } = location;
  if (errno === undefined) return;
  if (errno === "ENOENT") refuseUrl(written.shown);
  if (errno !== "ENOENT") throw fileFault(errno, written.shown, "read");
  const message = `No file "${written.shown}"${partsBelow > 0 ? ": its folder does not exist" : ""}`;
  throw new HearthError("file-not-found", message, written.isRelative ? { hint: startHint(caller) } : {});
}

/** Throws `file-not-found` with what to do for a URL, which is not read. */
export function refuseUrl(shown: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(shown)) return;
  throw new HearthError("file-not-found", `"${shown}" is a URL; hearth reads files and standard input only`, {
    hint: /^https?:/i.test(shown)
      ? `Download it first, for example: curl -sL "${shown}" | hearth read -`
      : "Download it first, then read the file.",
  });
}

function startHint(caller: Caller): string {
  if (caller.kind === "owner") return `Relative paths start from ${caller.directory}`;
  return "Relative paths start from the server's directory, which /api/health shows.";
}

/** `not-a-file` for a name that can only mean a folder. */
export function namesFolder(shown: string): HearthError {
  return new HearthError("not-a-file", `"${shown}" names a folder, not a file`);
}

/** Repeats what was misled by a replaced file. Throws `file-changed` when that happens again and again. */
export async function retry<T>(
  attempt: () => T | undefined | Promise<T | undefined>,
  path: string,
): Promise<T> {
  for (let i = 0; i < TRIES; i++) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new HearthError("file-changed", `"${path}" was replaced again and again while it was opened`);
}
