import { HearthError } from "../../errors.ts";
import type { Runtime } from "../../runtime/types.ts";
import { PROTOCOL, VERSION } from "../../version.ts";
import { fail, type Finding, ok } from "./finding.ts";

/** The oldest versions that hearth is tested with, by runtime. */
const OLDEST = { bun: [1, 3], node: [22, 15], deno: [2, 0] } as const;

/** hearth itself, and what it runs on. */
export function checkInstallation(runtime: Runtime): Finding[] {
  const how = runtime.isCompiled ? "binary" : "sources or package";
  return [ok("hearth", `${VERSION}, protocol ${PROTOCOL}, ${how}`), checkRuntime(runtime)];
}

function checkRuntime({ name, version }: Runtime): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST[name];
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  const shown = `${name} ${version}`;
  if (!isOld) return ok("runtime", shown);
  return fail(
    "runtime",
    `${shown} is too old`,
    `hearth needs ${name} ${oldestMajor}.${oldestMinor} or newer.`,
  );
}

/** The engine behind SQL and Parquet: loads it, which nothing else here does. */
export async function checkEngine(): Promise<Finding> {
  const startMs = performance.now();
  try {
    const { loadDuckDB } = await import("../../engine/duckdb.ts");
    const { api } = await loadDuckDB();
    return ok("engine", `DuckDB ${api.version()}, loaded in ${Math.round(performance.now() - startMs)} ms`);
  } catch (error) {
    const hint =
      error instanceof HearthError ? error.hint : "Install hearth again for this platform: npm ci.";
    return fail("engine", error instanceof Error ? error.message : String(error), hint);
  }
}
