import { isAbsolute } from "node:path";
import type { Environment } from "../../config/folders.ts";
import { SETTING_KEYS } from "../../config/keys.ts";
import { HearthError } from "../../errors.ts";
import { POOL_THREADS } from "../../lifecycle/start.ts";

/** Say where things are, so client and service must agree on them. */
const PLACES = ["HEARTH_STATE_DIR", "HEARTH_CACHE_DIR"] as const;
const STANDARD_PLACES = ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] as const;

/** Written into the command, whatever named them. */
const PINNED: ReadonlySet<string> = new Set(["HEARTH_HOST", "HEARTH_PORT"]);

/**
 * The variables of a service: where things are, `PATH` for the programs of models, and those that somebody named. Throws
 * `usage` for one that is not set.
 *
 * @param env with absolute folders, as `LocalServer.environment`
 */
export function serviceEnvironment(env: Environment, named: readonly string[]): Record<string, string> {
  const missing = named.find((name) => env[name] === undefined);
  if (missing !== undefined) {
    throw new HearthError("usage", `--env: the variable ${missing} is not set here`, {
      hint: "Give its name alone; its value is taken from this environment.",
    });
  }
  const standard = STANDARD_PLACES.filter((name) => isAbsolute(env[name] ?? ""));
  const kept = ["PATH", "HOME", ...PLACES, ...standard, ...named].flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return { UV_THREADPOOL_SIZE: POOL_THREADS, ...Object.fromEntries(kept) };
}

/** Settings of this environment that the service will not have; a sentence, or undefined. */
export function lostVariables(env: Environment, kept: Environment): string | undefined {
  const lost = SETTING_KEYS.map(({ env: name }) => name).filter(
    (name) => env[name] && kept[name] === undefined && !PINNED.has(name),
  );
  if (lost.length === 0) return undefined;
  const flags = lost.map((name) => `--env ${name}`).join(" ");
  return `${lost.join(", ")} ${lost.length === 1 ? "is" : "are"} set here and not for the service; to keep it: ${flags}`;
}
