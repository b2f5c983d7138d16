import { loadRuntime } from "../runtime/detect.ts";
import { onceUnlessFailed } from "../once-unless-failed.ts";
import { Guardian } from "./process/guardian.ts";
import type { ProcessSystem } from "./process/guarded-process.ts";
import { ServerProcess, type ServerProcessOptions } from "./process/server-process.ts";

export { buildServerCommand, type Command, requestDefaults } from "./command/build-command.ts";
export {
  createServerConfig,
  type PromptCacheBounds,
  type SamplingDefaults,
  type ServerConfig,
  type ServerOptions,
  type ServerType,
} from "./command/server-config.ts";
export { Output } from "./process/output.ts";
export type { ProcessExit } from "./process/guarded-process.ts";
export type { ServerProcess, ServerProcessOptions } from "./process/server-process.ts";

/** One guard for all servers of this process. */
const sharedSystem = onceUnlessFailed(createSystem);

/**
 * A server program to start, ask and stop; nothing runs yet. It ends with this process, killed or not, and with it
 * everything that it started.
 *
 * @example
 * const config = createServerConfig({ type: "mlx-lm", model: "mlx-community/Qwen3-4B-4bit", port: 8081 });
 * await using server = await createServerProcess({
 *   name: "qwen",
 *   command: buildServerCommand(config),
 *   baseUrl: config.baseUrl,
 * });
 * await server.start();
 */
export async function createServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  return new ServerProcess(options, await sharedSystem());
}

async function createSystem(): Promise<ProcessSystem> {
  const runtime = await loadRuntime();
  return { runtime, guardian: new Guardian(runtime, () => {}) };
}
