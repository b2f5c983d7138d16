import type { DenoGlobal, DenoServer } from "./globals.ts";
import { resolveListenAddress } from "./listen-address.ts";
import { listenFailure } from "./listen-failure.ts";
import { withPrivateUmask } from "./private-umask.ts";
import { WEB_EXCHANGE } from "./web-exchange.ts";
import type { BoundServer, ListenAddress, ServeOptions } from "./types.ts";

/** Milliseconds that `close` waits after `stopListening` for streams that only their producers can end. */
const LAST_STREAMS_MS = 1000;

/** A body up to this size has been read when its handler has begun its work. */
const SMALL_BODY_BYTES = 64 * 1024;

/** What may stand in a Host header: names, IPv4 and bracketed IPv6, with a port. */
const USABLE_HOST = /^[\w.~%!$&'()*+,;=:[\]-]+$/;

/** `Runtime.serve` on Deno. */
export async function serveOnDeno(deno: DenoGlobal, options: ServeOptions): Promise<BoundServer> {
  const resolved = await resolveListenAddress(options.address);
  const unfinished = new Unfinished(options.fetch);
  const abort = new AbortController();
  let server: DenoServer;
  try {
    server = listen(deno, resolved, options, unfinished, abort.signal);
  } catch (error) {
    throw listenFailure(options.address, error);
  }
  return boundServer(server, options.address, unfinished, abort);
}

function listen(
  deno: DenoGlobal,
  address: ListenAddress,
  options: ServeOptions,
  unfinished: Unfinished,
  signal: AbortSignal,
): DenoServer {
  const settings = {
    signal,
    onListen() {}, // else Deno prints the address
    onError(error: unknown) {
      options.onError?.(error);
      return new Response(null, { status: 500 });
    },
  };
  const answer = (request: Request) =>
    // Bun and Node refuse these too; here even the URL would be wrong.
    USABLE_HOST.test(request.headers.get("host") ?? "")
      ? unfinished.answer(request)
      : new Response(null, { status: 400 });
  if (address.kind === "tcp")
    return deno.serve({ ...settings, hostname: address.host, port: address.port }, answer);
  return withPrivateUmask(() => deno.serve({ ...settings, path: address.path }, answer));
}

function boundServer(
  server: DenoServer,
  address: ListenAddress,
  unfinished: Unfinished,
  abort: AbortController,
): BoundServer {
  let isStopped = false;
  let isShutDown = false;
  const shutdown = () => {
    if (abort.signal.aborted) return;
    isShutDown = true;
    void server.shutdown();
  };
  return {
    finished: server.finished,
    address: address.kind === "tcp" ? { ...address, port: server.addr.port as number } : address,
    async stopListening() {
      if (isStopped) return;
      isStopped = true;
      // shutdown() makes the bodies of running requests unreadable (Deno 2.9): uploads come first.
      const uploads = unfinished.uploads();
      if (uploads.length === 0) shutdown();
      else void Promise.allSettled(uploads).then(shutdown);
    },
    async close() {
      // After shutdown() an abort throws BadResource where nobody can catch it (Deno 2.9).
      if (!isShutDown) {
        isStopped = true;
        abort.abort();
        return server.finished;
      }
      unfinished.drop();
      return settledWithin(server.finished, LAST_STREAMS_MS);
    },
  };
}

/** The handlers that haven't answered yet, so that they can be answered for. */
class Unfinished {
  readonly #fetch: ServeOptions["fetch"];
  readonly #drops = new Set<() => void>();
  readonly #uploads = new Set<Promise<Response>>();

  constructor(fetch: ServeOptions["fetch"]) {
    this.#fetch = fetch;
  }

  answer(request: Request): Response | Promise<Response> {
    const answer = this.#fetch(request, WEB_EXCHANGE);
    if (!(answer instanceof Promise)) return answer;
    if (isUpload(request)) {
      const left = () => void this.#uploads.delete(answer);
      this.#uploads.add(answer);
      answer.then(left, left);
    }
    return new Promise((resolve, reject) => {
      const drop = () => resolve(new Response(null, { status: 503, headers: { connection: "close" } }));
      this.#drops.add(drop);
      answer.then(resolve, reject).finally(() => this.#drops.delete(drop));
    });
  }

  /** Those that may still be receiving their body. */
  uploads(): readonly Promise<Response>[] {
    return [...this.#uploads];
  }

  drop(): void {
    for (const drop of this.#drops) drop();
  }
}

function isUpload({ headers, method }: Request): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return headers.has("transfer-encoding") || Number(headers.get("content-length")) > SMALL_BODY_BYTES;
}

async function settledWithin(promise: Promise<void>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
