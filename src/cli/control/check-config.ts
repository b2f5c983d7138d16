import { resolveSettings } from "../../config/resolve.ts";
import { HearthError } from "../../errors.ts";
import type { ModelsConfig } from "../../models/config/types.ts";
import { findProjectConfig } from "./project-config.ts";

export interface CheckedConfig {
  readonly file: string;
  readonly models: ModelsConfig;
  /** SHA-256 of the content that was checked, in hex. */
  readonly hash: string | undefined;
  /** What can be lived with, each with its place. */
  readonly warnings: readonly string[];
}

/**
 * Reads a whole config file as a server would, settings and models, and starts nothing.
 *
 * @param named the file; undefined for the one that is found here
 * @throws HearthError `config-invalid` with line and column; `usage` where there is no file
 */
export async function checkConfig(named: string | undefined): Promise<CheckedConfig> {
  const file = named ?? findProjectConfig();
  if (file === undefined) {
    throw new HearthError("usage", "There is no hearth.yaml or hearth.json here", { hint: "Name the file." });
  }
  // Named, so all of it is looked at, whoever trusts it.
  const resolved = await resolveSettings({ flags: { config: file }, env: {}, cwd: process.cwd() });
  const { readModels } = await import("../../models/config/read-models.ts");
  const { config, warnings } = readModels(resolved.models, process.env);
  const { hash } = resolved.config ?? {};
  return { file, hash, models: config, warnings: [...resolved.warnings, ...warnings] };
}
