import { fetchFailure, fetchTarget } from "./fetch-failure.ts";
import { denoGlobal } from "./globals.ts";
import type { DenoGlobal } from "./globals.ts";
import { sharedRuntime } from "./system.ts";
import type { Runtime } from "./types.ts";

/**
 * What hearth needs on Deno, each for itself: never `-A`. `sys` is for the home folder and memory, `ffi` for the engine.
 * The tasks in deno.json name the same.
 */
export const DENO_PERMISSIONS: readonly string[] = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--allow-ffi",
];

const deno = denoGlobal as DenoGlobal;

/** One client for each socket path or origin; they pool no connections. */
const clients = new Map<string, object>();

function clientFor(socketPath: string | undefined, url: string): object {
  const key = fetchTarget(socketPath, url);
  const known = clients.get(key);
  if (known !== undefined) return known;
  const proxy = socketPath === undefined ? directly(new URL(url)) : { transport: "unix", path: socketPath };
  // `poolMaxIdlePerHost: 0`: no connection is used twice, so that a refusal is certain.
  const client = deno.createHttpClient({ poolMaxIdlePerHost: 0, ...(proxy === undefined ? {} : { proxy }) });
  clients.set(key, client);
  return client;
}

/** Variables by which Deno would send requests through a proxy. */
const PROXY_VARIABLES = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

// A "proxy" that is the server itself: the one way to keep HTTP_PROXY out of a single client. Only where there is one,
// since the request then names the whole URL, which Python's http.server and the servers built on it don't take.
function directly(url: URL): Record<string, unknown> | undefined {
  if (url.protocol !== "http:" || !PROXY_VARIABLES.some((name) => process.env[name])) return undefined;
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return { transport: "tcp", hostname, port: Number(url.port) || 80 };
}

async function denoFetch(
  socketPath: string | undefined,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  try {
    return await fetch(url, { ...init, client: clientFor(socketPath, url) } as RequestInit);
  } catch (error) {
    // Deno's network errors have no code, only hyper's kind in the text: Connect means that no connection was made,
    // SendRequest that one broke. Asking the address again instead would tell how it is now, not how it was.
    const text = String((error as { cause?: { message?: unknown } }).cause?.message ?? "");
    throw fetchFailure(
      fetchTarget(socketPath, url),
      error,
      text.includes("client error (Connect)"),
      init.signal,
    );
  }
}

/** hearth on Deno. */
export const denoRuntime: Runtime = {
  name: "deno",
  // Deno 2.9 calls the handler of exceptions in a context of its own choice.
  contextIn: { exceptions: "never", rejections: "always" },
  version: denoGlobal?.version.deno ?? "",
  isCompiled: false,
  serve: async (options) => (await import("./deno-serve.ts")).serveOnDeno(deno, options),
  fetch: denoFetch,
  ...sharedRuntime({
    reads: "command",
    leaksDescriptors: true,
    scriptCommand: (script) => [process.execPath, "run", ...DENO_PERMISSIONS, script],
  }),
};
