import { readdirSync } from "node:fs";
import { HearthError } from "../errors.ts";
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
  let entries;
  try {
    entries = readdirSync(realPath, { withFileTypes: true });
  } catch (error) {
    throw fileFault(errnoOf(error), shown, "read", { cause: error });
  }
  if (entries.length > MAX_ENTRIES) {
    throw new HearthError("data-too-large", `"${shown}" holds more than ${MAX_ENTRIES} files`);
  }
  return entries.flatMap((entry): FolderEntry[] => {
    const { name } = entry;
    if (entry.isFile()) return [{ name, kind: "file" }];
    if (entry.isDirectory()) return [{ name, kind: "folder" }];
    return entry.isSymbolicLink() ? [{ name, kind: "link" }] : [];
  });
}
