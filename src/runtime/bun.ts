import { fetchFailure, fetchTarget } from "./fetch-failure.ts";
import { bunGlobal, isHearthBinary } from "./globals.ts";
import type { BunGlobal } from "./globals.ts";
import { sharedRuntime } from "./system.ts";
import type { Runtime } from "./types.ts";

// `hearth ping` loads this file: nothing here may load node:http, crypto, stream, net or tty, which cost 3-9 ms each.

/** Codes of a connection that was never made. Bun gives them to the TypeError of `fetch` itself. */
const REFUSED = new Set(
  (
    "ECONNREFUSED ENOENT ENOTDIR EACCES EPERM ENAMETOOLONG ENOTSOCK EPROTOTYPE " +
    "ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL"
  ).split(" "),
);

async function bunFetch(
  socketPath: string | undefined,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  // `proxy: false` keeps HTTP_PROXY out; `keepalive: false` makes a refusal certain: a pooled connection could be dead.
  const own = { ...init, timeout: false, proxy: false, keepalive: false };
  try {
    return await fetch(url, socketPath === undefined ? own : ({ ...own, unix: socketPath } as RequestInit));
  } catch (error) {
    const wasRefused = error instanceof TypeError && REFUSED.has(String((error as { code?: unknown }).code));
    throw fetchFailure(fetchTarget(socketPath, url), error, wasRefused, init.signal);
  }
}

/** hearth on Bun, and in the compiled binary. */
export const bunRuntime: Runtime = {
  name: "bun",
  // Bun 1.4 loses it for rejections, and for what `queueMicrotask` throws.
  contextIn: { exceptions: "if-present", rejections: "if-present" },
  version: bunGlobal?.version ?? "",
  isCompiled: isHearthBinary,
  serve: async (options) => (await import("./bun-serve.ts")).serveOnBun(bunGlobal as BunGlobal, options),
  fetch: bunFetch,
  ...sharedRuntime({
    reads: "proc",
    leaksDescriptors: false,
    scriptCommand: (script) => [process.execPath, script],
  }),
};
