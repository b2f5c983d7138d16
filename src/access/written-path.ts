import { posix } from "node:path";
import { HearthError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import { fileFault } from "./file-fault.ts";
import { expandHome, expandVariables } from "./expand.ts";
import type { PathOptions } from "./files.ts";

/** Characters; more than any system takes (Linux: 4,096 bytes), so that nothing is split into a million parts. */
const MAX_PATH = 32_768;

/** What a caller wrote, and the absolute path that it means before any symbolic link is followed. */
export interface WrittenPath {
  /** As the caller wrote it, nothing expanded; for messages. */
  readonly shown: string;
  /** Absolute; `..` and `.` still in it. */
  readonly absolute: string;
  /** It ends in `/`, `.` or `..`, so it can only mean a folder. */
  readonly namesFolder: boolean;
  readonly isRelative: boolean;
}

/**
 * Puts a path together as lynguine does (the wire contract, 4.1): a name alone is used as it is; with `directory` it is
 * joined to that, in which `$NAME` is expanded, and a relative `directory` is joined to `baseDirectory`. Relative paths
 * start from `start`. A leading `~/` is the owner's home, for names that no shell has seen; a guest's is taken as it is.
 *
 * Throws `request-invalid` for an empty name, for `~` without a home, a NUL byte, text that is not Unicode and more than 32,768 characters.
 */
export function writtenPath(path: string, options: PathOptions, caller: Caller, start: string): WrittenPath {
  const { directory, baseDirectory } = options;
  const shown = directory ? joined(directory, path) : path;
  checkText(path, shown);
  const atHome = (text: string) => (caller.kind === "owner" ? expandHome(text, caller) : text);
  const folder = directory ? atHome(expandVariables(directory, caller)) : "";
  const below = directory ? joined(folder, path) : atHome(path);
  const based = directory && baseDirectory ? joined(atHome(baseDirectory), below) : below;
  checkText(based, shown);
  return {
    shown,
    absolute: joined(start, based),
    namesFolder: /(?:^|\/)\.{0,2}$/.test(path),
    isRelative: !posix.isAbsolute(based),
  };
}

/** Joins without tidying up, so that `..` keeps its place; an absolute `path` stands alone. */
export function joined(folder: string, path: string): string {
  if (posix.isAbsolute(path) || folder === "") return path;
  return folder.endsWith("/") ? folder + path : `${folder}/${path}`;
}

function checkText(path: string, shown: string): void {
  if (path === "") {
    throw new HearthError("request-invalid", "A file name must not be empty");
  }
  if (path.includes("\0")) {
    const visible = shown.replaceAll("\0", "\\0");
    const options = { errorType: "PathEscapeError" };
    throw new HearthError("request-invalid", `Path "${visible}" has a NUL byte in it`, options);
  }
  if (path.length > MAX_PATH) throw fileFault("ENAMETOOLONG", shown, "read");
  if (!path.isWellFormed()) {
    throw new HearthError("request-invalid", `Path "${shown.toWellFormed()}" is not valid Unicode`);
  }
}
