import type { Environment } from "../config/folders.ts";
import type { ResolvedSettings } from "../config/resolved.ts";
import { type ModelsConfig, NO_MODELS } from "../models/config/types.ts";

/** The settings of a server, and what the config says of models, checked. */
export interface ServerSettings extends ResolvedSettings {
  readonly modelsConfig: ModelsConfig;
  /**
   * True once a token or key was needed: it stays true until the server ends. With the last key revoked nobody can
   * authenticate any more, and nobody gets in without.
   */
  readonly mustAuthenticate: boolean;
}

/** Reads what the config says of models, where it does. Throws `config-invalid`. */
export async function withModels(
  resolved: ResolvedSettings,
  environment: Environment,
): Promise<ServerSettings> {
  const { models, settings, warnings } = resolved;
  const isEmpty = [models.own, models.user].every(
    (section) => Object.keys(section?.values ?? {}).length === 0,
  );
  const read = isEmpty ? { config: NO_MODELS, warnings: [] } : await readSections(models, environment);
  return {
    ...resolved,
    modelsConfig: read.config,
    warnings: [...warnings, ...read.warnings],
    mustAuthenticate: settings.token !== undefined || read.config.apiKeys.length > 0,
  };
}

async function readSections(models: ResolvedSettings["models"], environment: Environment) {
  const { readModels } = await import("../models/config/read-models.ts");
  return readModels(models, environment);
}
