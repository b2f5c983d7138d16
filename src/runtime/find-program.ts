import { accessSync, constants, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { HearthError } from "../errors.ts";

/**
 * The file that a command's first word means, searched as a shell does: along PATH unless it contains a slash. Found
 * before starting because runtimes report a missing folder as a missing program, and a shell in between only an exit code.
 *
 * @throws HearthError `start-failed`
 */
export function findProgram(name: string, cwd: string, searchPath: string): string {
  if (name.includes("/")) return checkedProgram(name, resolve(cwd, name));
  let refusal: unknown;
  for (const folder of searchPath.split(delimiter)) {
    try {
      return checkedProgram(name, resolve(cwd, folder, name));
    } catch (error) {
      // A file that may not be run is the better message than "not found", if nothing else turns up.
      if (isRefusal(error)) refusal ??= error;
    }
  }
  throw refusal ?? failure(name, "not found in PATH");
}

/** Throws `start-failed` unless `cwd` is a folder. */
export function checkFolder(cwd: string): void {
  const stats = statSync(cwd, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return;
  const what = stats === undefined ? "does not exist" : "is no folder";
  throw new HearthError("start-failed", `Cannot start a program in ${cwd}: it ${what}`);
}

function checkedProgram(name: string, path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw failure(name, "no such file");
  if (stats.isDirectory()) throw failure(name, "it is a folder");
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw failure(name, "it may not be executed");
  }
  return path;
}

function isRefusal(error: unknown): boolean {
  return error instanceof HearthError && error.message.endsWith("executed");
}

function failure(name: string, reason: string): HearthError {
  return new HearthError("start-failed", `Cannot start ${name}: ${reason}`);
}
