import { bunGlobal, denoGlobal } from "./globals.ts";
import type { Runtime } from "./types.ts";

declare const HEARTH_BINARY: boolean;

/** Which runtime we run in, without loading its adapter. */
export function runtimeName(): Runtime["name"] {
  if (bunGlobal !== undefined) return "bun";
  return denoGlobal === undefined ? "node" : "deno";
}

/**
 * The adapter of the runtime that we run in. Only that one is loaded, at the first call.
 *
 * @example const runtime = await loadRuntime();
 */
export async function loadRuntime(): Promise<Runtime> {
  // Written out rather than taken from globals.ts, and with `else`: only so the bundler leaves the other two out.
  if (typeof HEARTH_BINARY === "boolean" && HEARTH_BINARY) {
    return (await import("./bun.ts")).bunRuntime;
  } else {
    if (bunGlobal !== undefined) return (await import("./bun.ts")).bunRuntime;
    if (denoGlobal !== undefined) return (await import("./deno.ts")).denoRuntime;
    return (await import("./node.ts")).nodeRuntime;
  }
}
