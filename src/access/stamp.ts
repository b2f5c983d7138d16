import { lstatSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { HearthError } from "../errors.ts";
import { errnoOf, fileFault } from "./file-fault.ts";
import type { FileAction } from "./file-fault.ts";
import type { FileStamp } from "./files.ts";

/** The stamp of a regular file at `realPath`, from a stat with `bigint: true`. */
export function stampFrom(realPath: string, stat: BigIntStats): FileStamp {
  const { mtimeNs, ctimeNs, ino, dev } = stat;
  return { realPath, size: Number(stat.size), mtimeNs, ctimeNs, ino, dev };
}

/** The state of what lies at a real path, links not followed. Throws what `fileFault` gives. */
export function lookAt(realPath: string, shown: string, action: FileAction): BigIntStats {
  try {
    return lstatSync(realPath, { bigint: true });
  } catch (error) {
    throw fileFault(errnoOf(error), shown, action, { cause: error });
  }
}

/** Throws `not-a-file` with what it is instead: a folder, a pipe, a socket, a device. */
export function checkRegular(stat: { readonly mode: bigint }, shown: string): void {
  const kind = kindByMode(stat);
  if (kind === "file") return;
  const options = kind === "folder" ? {} : { errorType: "OSError" };
  throw new HearthError("not-a-file", `"${shown}" is a ${kind}, not a file`, options);
}

const KINDS: Readonly<Record<number, string>> = {
  0o100000: "file",
  0o040000: "folder",
  0o010000: "pipe",
  0o140000: "socket",
  0o120000: "link",
};

/** What a mode's type bits say: `file`, `folder`, `link`, `pipe`, `socket`, `device`. */
export function kindByMode({ mode }: { readonly mode: bigint }): string {
  return KINDS[Number(mode) & 0o170000] ?? "device";
}
