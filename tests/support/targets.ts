import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** The project's root folder. */
export const PROJECT = resolve(import.meta.dir, "../..");

const BIN = join(PROJECT, "node_modules", ".bin");
const MAIN = join(PROJECT, "src", "cli", "main.ts");

/** The four ways in which hearth runs. */
export type Target = "bun" | "node" | "deno" | "binary";

/** What Deno users grant (deno.json has the same list); never -A. */
export const DENO_PERMISSIONS = ["net", "read", "write", "env", "run", "sys", "ffi"].map(
  (name) => `--allow-${name}`,
);

/** The command that runs hearth's command line on a target. */
export function hearthCommand(target: Target): string[] {
  switch (target) {
    case "bun":
      return [join(BIN, "bun"), MAIN];
    case "node":
      return [join(BIN, "node"), MAIN];
    case "deno":
      return [join(BIN, "deno"), "run", "--quiet", ...DENO_PERMISSIONS, MAIN];
    case "binary":
      return [join(PROJECT, "dist", "hearth")];
  }
}

/** The command that runs a script on a runtime. */
export function scriptCommand(runtime: Exclude<Target, "binary">, script: string): string[] {
  if (runtime === "deno") return [join(BIN, "deno"), "run", "--quiet", ...DENO_PERMISSIONS, script];
  return [join(BIN, runtime), script];
}

/**
 * The targets that this run tests: all four, or those that HEARTH_TEST_TARGETS names ("bun,node"). The binary must have
 * been built; `npm test` does so.
 */
export const TARGETS: readonly Target[] = (process.env["HEARTH_TEST_TARGETS"]?.split(",") ?? [
  "bun",
  "node",
  "deno",
  "binary",
]) as Target[];

if (TARGETS.includes("binary") && !existsSync(join(PROJECT, "dist", "hearth"))) {
  throw new Error(
    "dist/hearth is missing: run `npm run build` first, or name the targets in HEARTH_TEST_TARGETS",
  );
}

/** The runtimes among the targets. */
export const RUNTIMES = TARGETS.filter((target) => target !== "binary");
