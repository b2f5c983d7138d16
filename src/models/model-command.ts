import { findProgram } from "../runtime/find-program.ts";
import { HearthError } from "../errors.ts";
import type { ModelConfig } from "./config/types.ts";

/** A model's command as it would be run. */
export interface ModelCommand {
  /** Its words, with the port that it would have. */
  readonly command: readonly string[];
  /** Its words as the config has them, without a port: the same for every start. */
  readonly template: readonly string[];
  /** What is added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The PATH that its program is searched along. */
  readonly path: string;
  /** The program's file; null: there is none. */
  readonly program: string | null;
  /** Why there is no program. */
  readonly missing: string | null;
}

/**
 * Tells how a model would be started here: with the environment of whoever started this process, and `env` of the model.
 *
 * @param running the command as it runs now, with its port
 */
export function describeCommand(
  config: ModelConfig,
  running: readonly string[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ModelCommand {
  const filled = (text: string) => text.replaceAll("${PORT}", String(config.port ?? ""));
  const template = config.command;
  const command = running ?? config.command.map(filled);
  const env = Object.fromEntries(Object.entries(config.env).map(([name, value]) => [name, filled(value)]));
  const path = env["PATH"] ?? environment["PATH"] ?? "/usr/bin:/bin";
  try {
    const program = findProgram(command[0] as string, config.folder, path);
    return { command, template, env, path, program, missing: null };
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    return { command, template, env, path, program: null, missing: error.message };
  }
}
