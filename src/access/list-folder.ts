import { HearthError } from "../errors.ts";
import { PathDirectory } from "../runtime/directories/path-directory.ts";
import type { DirectoryEntry } from "../runtime/directories/types.ts";
import { errnoOf, fileFault } from "./file-fault.ts";

/** What lies in a folder. */
export interface FolderEntry {
  readonly name: string;
  /** A link may lead to either. */
  readonly kind: "file" | "folder" | "link";
}

/** Names in one folder; more would hold the server up. */
const MAX_ENTRIES = 1_000_000;

/** The entries of the folder at a real path; pipes, sockets and devices are left out. Throws what `fileFault` gives. */
export function listFolder(realPath: string, shown: string): FolderEntry[] {
  try {
    return listHeld(new PathDirectory(realPath).list(), shown);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw fileFault(errnoOf(error), shown, "read", { cause: error });
  }
}

/** The entries as callers may know them. Throws `data-too-large`. */
export function listHeld(entries: readonly DirectoryEntry[], shown: string): FolderEntry[] {
  if (entries.length > MAX_ENTRIES) {
    throw new HearthError("data-too-large", `"${shown}" holds more than ${MAX_ENTRIES} files`);
  }
  return entries.flatMap(({ name, kind }) => (kind === "other" ? [] : [{ name, kind }]));
}
