import { dirname, resolve } from "node:path";
import { createClient } from "../client/index.ts";
import { HearthError } from "../errors.ts";
import { splitCommand } from "../models/config/command-line.ts";
import {
  buildServerCommand,
  createServerConfig,
  createServerProcess,
  requestDefaults,
  type ServerConfig,
  type ServerOptions,
} from "../models/index.ts";
import { upstreamNameOf } from "../models/command/build-command.ts";
import { freePort } from "../models/process/port.ts";
import { type EvalOptions, pointsOf, runSuite, serverPart } from "./run-suite.ts";
import { SERVER, type Suite } from "./suite.ts";
import type { CaseResult } from "./types.ts";

const FIRST_PORT = 34_000;
const START_MS = 600_000;

/**
 * Runs a suite on a server that it describes itself: one start for each combination of the server's settings in the grid,
 * all settings of requests on it, then the next.
 *
 * @throws HearthError `model-unavailable` for a server that can't be started
 */
export async function runServed(
  options: Omit<EvalOptions, "client" | "model">,
): Promise<readonly CaseResult[]> {
  const { signal, suite, suitePath } = options;
  const ofServer = Object.fromEntries(
    Object.entries(suite.grid ?? {}).filter(([name]) => name.startsWith(SERVER)),
  );
  const results: CaseResult[] = [];
  for (const [index, serverPoint] of pointsOf(ofServer).entries()) {
    if (signal?.aborted === true) break;
    const config = serverConfig(suite, serverPoint, await freePort(FIRST_PORT, new Set()));
    await using server = await createServerProcess({
      name: suite.name,
      command: buildServerCommand(config),
      baseUrl: config.baseUrl,
      cwd: dirname(resolve(suitePath)),
      startTimeoutMs: START_MS,
    });
    const stop = () => void server.stop();
    signal?.addEventListener("abort", stop);
    await server.start();
    const client = createClient({ url: config.baseUrl });
    const served = await runSuite({
      ...options,
      suite: { ...suite, params: { ...requestDefaults(config), ...suite.params } },
      client,
      model: upstreamNameOf(config) ?? config.model,
      // The port is another one each time.
      modelIdentity: buildServerCommand({ ...config, port: 0 }),
      serverPoint: serverPart(serverPoint),
      isFresh: options.isFresh === true && index === 0,
    });
    signal?.removeEventListener("abort", stop);
    client.close();
    results.push(...served);
  }
  return results;
}

/** The suite's server with a point's settings; a dot leads into a mapping (`server.sampling.temperature`). */
function serverConfig(
  { server }: Suite,
  point: Readonly<Record<string, unknown>>,
  port: number,
): ServerConfig {
  if (server === undefined) throw new HearthError("usage", "The suite has no server");
  const chosen: Record<string, unknown> = structuredClone(server);
  for (const [name, value] of Object.entries(point)) {
    const keys = name.slice(SERVER.length).split(".");
    const last = keys.pop() as string;
    const holder = keys.reduce<Record<string, unknown>>(
      (inner, key) => (inner[key] ??= {}) as Record<string, unknown>,
      chosen,
    );
    holder[last] = value;
  }
  const { program, ...rest } = chosen;
  const words = typeof program === "string" ? splitCommand(program) : undefined;
  return createServerConfig({ ...rest, program: words, port } as unknown as ServerOptions);
}
