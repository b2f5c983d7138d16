import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePrivateFolder } from "./config/folders.ts";
import { HearthError } from "./errors.ts";

/** A folder for what must be spilled, made when first asked for. */
export interface SpillFolder {
  readonly get: () => Promise<string>;
  /** Removes it with all that is in it. */
  remove(): void;
}

/** Below `stateDir`, or in the system's temporary folder where there is none. Mode 0700 either way. */
export function createSpillFolder(stateDir: string | undefined): SpillFolder {
  let folder: string | undefined;
  return {
    async get() {
      if (folder !== undefined) return folder;
      if (stateDir !== undefined) ensurePrivateFolder(stateDir);
      return (folder = makeFolder(
        stateDir === undefined ? join(tmpdir(), "hearth-") : join(stateDir, "spill-"),
      ));
    },
    remove() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

function makeFolder(prefix: string): string {
  try {
    return mkdtempSync(prefix);
  } catch (cause) {
    throw new HearthError("state-unusable", "There is no folder to put larger data down in", {
      hint: "Let the process write to the folder for temporary files, or name another as stateDir.",
      cause,
    });
  }
}
