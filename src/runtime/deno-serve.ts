import type { DenoGlobal, DenoRequestInfo, DenoServer } from "./globals.ts";
import { resolveListenAddress } from "./listen-address.ts";
import { listenFailure } from "./listen-failure.ts";
import { denoSocketCalls } from "./peer/calls.ts";
import { CAN_TELL_PEERS, createPeerCheck, type PeerCheck } from "./peer/peer-check.ts";
import type { PeerUser } from "./peer/types.ts";
import { withPrivateUmask } from "./private-umask.ts";
import { WEB_EXCHANGE } from "./web-exchange.ts";
import type { BoundServer, Exchange, ListenAddress, ServeOptions } from "./types.ts";

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
  const answer = (request: Request, exchange: Exchange) =>
    // Bun and Node refuse these too; here even the URL would be wrong.
    USABLE_HOST.test(request.headers.get("host") ?? "")
      ? unfinished.answer(request, exchange)
      : new Response(null, { status: 400 });
  if (address.kind === "unix") {
    const byPath = { ...settings, path: address.path };
    return withPrivateUmask(() => deno.serve(byPath, (request) => answer(request, WEB_EXCHANGE)));
  }
  const check = CAN_TELL_PEERS ? createPeerCheck(denoSocketCalls(deno)) : undefined;
  const server: DenoServer = deno.serve(
    { ...settings, hostname: address.host, port: address.port },
    check === undefined
      ? (request) => answer(request, WEB_EXCHANGE)
      : (request, info) =>
          answer(request, new TcpExchange(info, check, address.host, () => server.addr.port)),
  );
  return server;
}

/** The exchange of a request by TCP. */
class TcpExchange implements Exchange {
  readonly requestHeader = WEB_EXCHANGE.requestHeader;
  readonly setHeader = WEB_EXCHANGE.setHeader;
  readonly #info: DenoRequestInfo;
  readonly #check: PeerCheck;
  readonly #host: string;
  readonly #port: () => number | undefined;

  constructor(info: DenoRequestInfo, check: PeerCheck, host: string, port: () => number | undefined) {
    this.#info = info;
    this.#check = check;
    this.#host = host;
    this.#port = port;
  }

  peerUser(): PeerUser {
    const { hostname: address = "", port = 0 } = this.#info.remoteAddr;
    return this.#check({ peer: { address, port }, server: { address: this.#host, port: this.#port() ?? 0 } });
  }
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

  answer(request: Request, exchange: Exchange): Response | Promise<Response> {
    const answer = this.#fetch(request, exchange);
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
