import type { Agent } from "undici";
import { fetchFailure, fetchTarget } from "./fetch-failure.ts";
import { sharedRuntime } from "./system.ts";
import type { Runtime } from "./types.ts";

/** One agent for each socket path, "" for TCP. They pool nothing, so they hold neither sockets nor the process. */
const agents = new Map<string, Agent>();

async function nodeFetch(
  socketPath: string | undefined,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  // Not Node's own fetch: it takes a dispatcher only of its own undici's version, and gives up after 300 s of silence.
  const undici = await import("undici");
  const isStream = init.body instanceof ReadableStream;
  const key = socketPath ?? "";
  const connect = socketPath === undefined ? {} : { connect: { socketPath } };
  const limits = { headersTimeout: 0, bodyTimeout: 0, ...connect };
  let dispatcher = isStream ? undefined : agents.get(key);
  if (isStream) {
    // `pipelining: 0` says `connection: close`, and a server that answers before it has read the body then closes at
    // once: the failing write would hide its answer. A connection of its own is not used twice either.
    dispatcher = new undici.Agent({ ...limits, keepAliveTimeout: 1, keepAliveMaxTimeout: 1 });
  } else if (dispatcher === undefined) {
    // `pipelining: 0`: no connection is used twice, so that a refusal is certain.
    dispatcher = new undici.Agent({ ...limits, pipelining: 0 });
    agents.set(key, dispatcher);
  }
  const duplex = isStream ? { duplex: "half" } : {};
  try {
    const own = { ...init, ...duplex, dispatcher } as Parameters<typeof undici.fetch>[1];
    return (await undici.fetch(url, own)) as unknown as Response;
  } catch (error) {
    throw fetchFailure(fetchTarget(socketPath, url), error, wasRefused(error), init.signal);
  }
}

interface SystemFailure {
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly SystemFailure[];
}

// A name with several addresses fails with one AggregateError for all its attempts.
function wasRefused(error: unknown): boolean {
  const cause = (error as { cause?: SystemFailure }).cause;
  const first = cause?.errors?.[0] ?? cause;
  return (
    first?.syscall === "connect" ||
    first?.syscall === "getaddrinfo" ||
    first?.code === "UND_ERR_CONNECT_TIMEOUT"
  );
}

// Node 22 before 22.18 needs a flag to run sources; the published package is JavaScript.
function scriptCommand(script: string): [string, ...string[]] {
  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  const flags = script.endsWith(".ts") && !stripsTypes ? ["--experimental-strip-types"] : [];
  return [process.execPath, ...flags, script];
}

/** hearth on Node. */
export const nodeRuntime: Runtime = {
  name: "node",
  contextIn: { exceptions: "always", rejections: "always" },
  version: process.versions.node,
  isCompiled: false,
  serve: async (options) => (await import("./node-serve.ts")).serveOnNode(options),
  fetch: nodeFetch,
  ...sharedRuntime({ reads: "proc", leaksDescriptors: true, scriptCommand }),
};
