import { findConfig } from "../../config/find.ts";
import { configFolder, homeFolder, stateFolder } from "../../config/folders.ts";

/** The config that a command called here would find; undefined without one. */
export function findProjectConfig(): string | undefined {
  const { env } = process;
  return findConfig(process.cwd(), homeFolder(env), configFolder(env)).config?.path;
}

/** The user's state folder; need not exist. */
export function stateFolderHere(): string {
  return stateFolder(process.env);
}
