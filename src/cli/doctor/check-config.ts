import { resolveSettings } from "../../config/resolve.ts";
import { type ResolvedSettings, waitingSentence } from "../../config/resolved.ts";
import { HearthError } from "../../errors.ts";
import type { Flags } from "../../config/given-values.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** The config in use: whether it can be read, what is unknown in it, and whether it is trusted. */
export async function checkConfig(flags: Flags): Promise<Finding[]> {
  try {
    return describe(await resolveSettings({ flags, env: process.env, cwd: process.cwd() }));
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    return [fail("config", error.message, error.hint ?? "`hearth config check` names every problem.")];
  }
}

function describe(resolved: ResolvedSettings): Finding[] {
  const { config, warnings } = resolved;
  const waiting = waitingSentence(resolved);
  const state =
    config === undefined ? "none is used" : `${config.path}${config.isTrusted ? "" : ", not trusted"}`;
  const found = waiting === undefined ? ok("config", state) : warn("config", waiting);
  return [found, ...warnings.map((warning) => warn("config", warning))];
}
