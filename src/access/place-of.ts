import { basename, dirname } from "node:path";
import type { Caller } from "./caller.ts";
import { isInside } from "./confine.ts";
import { shortenedByVariables } from "./expand.ts";
import type { FilePlace } from "./files.ts";
import { locate } from "./locate.ts";

/** A real path as a caller may know it: below `start`, else from its own parent. */
export function placeBelow(start: string, realPath: string, caller: Caller): FilePlace {
  const realStart = locate(start).path;
  if (isInside(realPath, realStart)) {
    const directory = realPath.slice(realStart.length).replace(/^\/+/, "") || ".";
    return { root: shortenedByVariables(realStart, caller), directory };
  }
  return { root: shortenedByVariables(dirname(realPath), caller), directory: basename(realPath) };
}
