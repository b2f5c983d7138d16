import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HearthError } from "../errors.ts";
import { readMark, type ServiceMark } from "./mark.ts";
import type { ServiceFile } from "./plan.ts";

/** A service's file as it lies there. */
export interface InstalledFile extends ServiceFile {
  /** Undefined: not written by hearth. */
  readonly mark: ServiceMark | undefined;
}

/** The file at a path; undefined without one. */
export function readServiceFile(path: string): InstalledFile | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return { path, text, mark: readMark(text) };
  } catch {
    return undefined;
  }
}

/**
 * Puts all files in place, each whole or not at all, mode 0600 since they may hold variables of the user's. Throws
 * `service-failed`, and then nothing has changed.
 *
 * @returns what puts back what was there before
 */
export function placeFiles(files: readonly ServiceFile[]): () => void {
  const before = files.map(({ path }) => ({ path, text: readServiceFile(path)?.text }));
  const restore = () => {
    for (const { path, text } of before) {
      if (text === undefined) rmSync(path, { force: true });
      else writeWhole(path, text);
    }
  };
  try {
    for (const { path, text } of files) writeWhole(path, text);
  } catch (error) {
    restore();
    const code = (error as { code?: string }).code ?? "unknown error";
    throw new HearthError("service-failed", `The service's files could not be written (${code})`, {
      hint: `Look at the folder ${dirname(files[0]?.path ?? "")}.`,
      cause: error,
    });
  }
  return restore;
}

function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, text, { mode: 0o600 });
    renameSync(own, path);
  } catch (error) {
    rmSync(own, { force: true });
    throw error;
  }
}

/** Throws `service-failed` for a file in the way that is not this instance's own service. */
export function refuseForeign(paths: readonly string[], id: string): void {
  for (const path of paths) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
    const mark = readServiceFile(path)?.mark;
    if (mark?.instance === id) continue;
    const whose =
      mark === undefined ? "was not written by hearth" : "is of a service over another state folder";
    throw new HearthError("service-failed", `The file ${path} ${whose}`, {
      hint: "Remove it yourself if nothing needs it.",
    });
  }
}
