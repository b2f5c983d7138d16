import type { Command } from "./command/build-command.ts";
import { failureLineOf } from "./command/failure-line.ts";
import type { ModelConfig } from "./config/types.ts";
import type { Output } from "./process/output.ts";
import { freePort } from "./process/port.ts";
import type { ProcessSystem } from "./process/guarded-process.ts";
import { ServerProcess } from "./process/server-process.ts";

/** A model's server in one of its lives, with the port that it got. */
export interface RunningModel {
  readonly config: ModelConfig;
  readonly process: ServerProcess;
  readonly port: number | undefined;
  /** The command as it runs. */
  readonly command: Command;
  /** Milliseconds from its start until it was ready; undefined before. */
  loadMs: number | undefined;
}

/** Gives a model a port that is free, and makes its process; nothing runs yet. */
export async function prepareModel(
  config: ModelConfig,
  output: Output,
  system: ProcessSystem,
  usedPorts: ReadonlySet<number>,
): Promise<RunningModel> {
  const port = config.port === undefined ? undefined : await freePort(config.port, usedPorts);
  const filled = (text: string) => text.replaceAll("${PORT}", String(port ?? ""));
  const command = fillCommand(config.command, filled);
  const baseUrl = filled(config.proxy);
  const process = new ServerProcess(
    {
      name: config.id,
      command,
      cwd: config.folder,
      env: Object.fromEntries(Object.entries(config.env).map(([name, value]) => [name, filled(value)])),
      baseUrl,
      checkEndpoint: config.isDefaultCheck ? undefined : (config.checkEndpoint ?? null),
      warmUp: config.warmUp ? warmUpOf(config) : undefined,
      startTimeoutMs: config.startTimeoutMs,
      stopTimeoutMs: config.stopTimeoutMs,
      stopCommand: config.stopCommand === undefined ? undefined : fillCommand(config.stopCommand, filled),
      failureLine: failureLineOf(command),
      output,
    },
    system,
  );
  return { config, process, port, command, loadMs: undefined };
}

function fillCommand([program, ...args]: Command, fill: (text: string) => string): Command {
  return [fill(program), ...args.map(fill)];
}

function warmUpOf({ id, upstreamName }: ModelConfig) {
  const messages = [{ role: "user", content: "Hi" }];
  return {
    path: "/v1/chat/completions",
    body: { model: upstreamName ?? id, messages, max_tokens: 1 },
  };
}
