import { cacheFolder, configFolder, stateFolder } from "./folders.ts";
import type { Environment } from "./folders.ts";
import type { ResolvedSettings } from "./resolved.ts";

/**
 * hearth's own files and folders, which no guest may read or write: the config and what it extends, the token file, the
 * modules with compute functions, and the state (with the trust list), config and cache folders. Make the list once
 * for each resolved config: `createFileAccess` keeps its real paths with it.
 */
export function ownFiles(resolved: ResolvedSettings, env: Environment): readonly string[] {
  const { settings, config, files } = resolved;
  const { tokenFile } = settings;
  return [
    ...(config === undefined ? [] : [config.path]),
    ...files.map(({ realPath }) => realPath),
    ...(tokenFile === undefined ? [] : [tokenFile]),
    ...settings.computeModules,
    ...[stateFolder, configFolder, cacheFolder].flatMap((folder) => folderOrNone(folder, env)),
  ];
}

function folderOrNone(folder: (env: Environment) => string, env: Environment): string[] {
  try {
    return [folder(env)];
  } catch {
    return [];
  }
}
