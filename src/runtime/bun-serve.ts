import type { BunGlobal, BunServer } from "./globals.ts";
import { resolveListenAddress } from "./listen-address.ts";
import { listenFailure } from "./listen-failure.ts";
import { bunSocketCalls } from "./peer/calls.ts";
import { CAN_TELL_PEERS, createPeerCheck, type PeerCheck } from "./peer/peer-check.ts";
import { withPrivateUmask } from "./private-umask.ts";
import type { PeerUser } from "./peer/types.ts";
import { WEB_EXCHANGE } from "./web-exchange.ts";
import type { BoundServer, Exchange, ListenAddress, ServeOptions } from "./types.ts";

const SLASH = 47;

/** `Runtime.serve` on Bun. */
export async function serveOnBun(bun: BunGlobal, options: ServeOptions): Promise<BoundServer> {
  const resolved = await resolveListenAddress(options.address);
  const exchange: Exchange = { ...WEB_EXCHANGE };
  let server: BunServer;
  try {
    server = listen(bun, resolved, options, exchange);
  } catch (error) {
    throw listenFailure(options.address, error);
  }
  if (resolved.kind === "tcp" && CAN_TELL_PEERS) {
    const check = createPeerCheck(bunSocketCalls());
    exchange.peerUser = (request) => peerOf(request, server, resolved.host, check);
  }
  const { address } = options;
  const finished = Promise.withResolvers<void>();
  return {
    finished: finished.promise,
    address: address.kind === "tcp" ? { ...address, port: server.port } : address,
    async stopListening() {
      // The port is free when the call returns; what it returns waits for the running requests.
      void server.stop().finally(finished.resolve);
    },
    async close() {
      await server.stop(true);
      finished.resolve();
    },
  };
}

function peerOf(request: Request, server: BunServer, host: string, check: PeerCheck): PeerUser {
  const peer = server.requestIP(request);
  return peer === null ? "unknown" : check({ peer, server: { address: host, port: server.port } });
}

function listen(
  bun: BunGlobal,
  address: ListenAddress,
  options: ServeOptions,
  exchange: Exchange,
): BunServer {
  const settings = {
    fetch: (request: Request) =>
      // Without a usable Host Bun's URL is only the path: no URL at all.
      request.url.charCodeAt(0) === SLASH
        ? new Response(null, { status: 400 })
        : options.fetch(request, exchange),
    // Bun's own answers are pages that show the error's text, in the binary too.
    error(error: unknown) {
      options.onError?.(error);
      return new Response(null, { status: 500 });
    },
    development: false,
    reusePort: false, // `development: false` turns it on (Bun 1.4.5), and then two servers share one port
    idleTimeout: 0, // by default a connection silent for 10 s is ended, whatever its handler does
    maxRequestBodySize: Infinity, // beyond it Bun answers itself; the layer above counts
  };
  if (address.kind === "tcp") return bun.serve({ ...settings, hostname: address.host, port: address.port });
  return withPrivateUmask(() => bun.serve({ ...settings, unix: address.path }));
}
