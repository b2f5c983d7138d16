import { readlinkSync } from "node:fs";
import { bunGlobal, denoGlobal } from "../globals.ts";
import { pathCalls, procCalls } from "./path-directory.ts";
import { sharingHolds } from "./shared-hold.ts";
import type { DirectoryCalls } from "./types.ts";

let loading: Promise<DirectoryCalls> | undefined;
let loaded: DirectoryCalls | undefined;

/**
 * How directories are held open on this system and runtime; found out once. Nothing is loaded for Linux with /proc on
 * Bun and Node.
 */
export function loadDirectoryCalls(): DirectoryCalls | Promise<DirectoryCalls> {
  return loaded ?? (loading ??= choose().then((calls) => (loaded = calls)));
}

async function choose(): Promise<DirectoryCalls> {
  if (denoGlobal !== undefined) {
    return (await import("./deno-libc.ts")).denoDirectoryCalls(denoGlobal);
  }
  if (process.platform === "linux" && readsProc()) return sharingHolds(procCalls);
  if (bunGlobal !== undefined) return (await import("./bun-libc.ts")).bunDirectoryCalls();
  return pathCalls(
    process.platform === "linux"
      ? "/proc can't be read"
      : `Node can't hold directories on ${process.platform}`,
  );
}

function readsProc(): boolean {
  try {
    return readlinkSync("/proc/self/cwd") !== "";
  } catch {
    return false;
  }
}
