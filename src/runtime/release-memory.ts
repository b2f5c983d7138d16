import { bunGlobal } from "./globals.ts";

let collect: (() => void) | undefined;

/** Collects all garbage. JavaScriptCore says how; V8 shows its own way only under a flag, which may be set late. */
export async function releaseMemory(): Promise<void> {
  if (bunGlobal !== undefined) return bunGlobal.gc(true);
  if (collect === undefined) {
    const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
      import("node:v8"),
      import("node:vm"),
    ]);
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
