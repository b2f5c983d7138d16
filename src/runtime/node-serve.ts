import { once } from "node:events";
import type { Server, ServerOptions } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { resolveListenAddress } from "./listen-address.ts";
import { listenFailure } from "./listen-failure.ts";
import { closeOnlyIdleConnections } from "./node-connections.ts";
import { CAN_TELL_PEERS, checkPeerByProc } from "./peer/peer-check.ts";
import type { PeerUser } from "./peer/types.ts";
import { withPrivateUmask } from "./private-umask.ts";
import type { BoundServer, Exchange, ListenAddress, ServeOptions } from "./types.ts";

const SERVER_OPTIONS: ServerOptions = {
  headersTimeout: 60_000,
  connectionsCheckingInterval: 5_000, // by default looked at every 30 s only
  requestTimeout: 0, // the layer above times bodies
  keepAliveTimeout: 0, // no limit on an idle connection, and no `keep-alive` header that other runtimes lack
};

/** Milliseconds between two looks for connections that became idle while draining. */
const DRAIN_CHECK_MS = 50;

/**
 * `Runtime.serve` on Node. The server library puts its own lazy `Request` and `Response` in place of the global ones,
 * as for every Hono program on Node: without that a small answer takes more than twice as long (measured).
 */
export async function serveOnNode(options: ServeOptions): Promise<BoundServer> {
  const resolved = await resolveListenAddress(options.address);
  const server = createAdaptorServer({
    fetch: withoutThrow(options),
    serverOptions: SERVER_OPTIONS,
  }) as Server;
  closeOnlyIdleConnections(server);
  await listen(server, resolved, options.address);
  server.on("error", (error) => options.onError?.(error));
  return boundServer(server, options.address);
}

type FetchCallback = Parameters<typeof createAdaptorServer>[0]["fetch"];

/** Headers as Node's own objects have them: parsed already, and sent without a `Headers` in between. */
class NodeExchange implements Exchange {
  readonly #bindings: HttpBindings;

  constructor(bindings: HttpBindings) {
    this.#bindings = bindings;
  }

  requestHeader(_request: Request, name: string): string | null {
    const value = this.#bindings.incoming.headers[name];
    return typeof value === "string" ? value : null;
  }

  setHeader(_response: Response, name: string, value: string): void {
    this.#bindings.outgoing.setHeader(name, value);
  }
}

/** A connection is one object here, which nothing else gets: its verdict is kept with it. */
const peerUsers = new WeakMap<Socket, PeerUser>();

class NodeTcpExchange extends NodeExchange {
  readonly #socket: Socket;

  constructor(bindings: HttpBindings) {
    super(bindings);
    this.#socket = bindings.incoming.socket;
  }

  peerUser(): PeerUser {
    const socket = this.#socket;
    const known = peerUsers.get(socket);
    if (known !== undefined) return known;
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return "unknown";
    const user = checkPeerByProc({
      peer: { address: remoteAddress, port: remotePort },
      server: { address: localAddress ?? "", port: localPort ?? 0 },
    });
    if (user !== "unknown") peerUsers.set(socket, user);
    return user;
  }
}

function withoutThrow(options: ServeOptions): FetchCallback {
  const failed = (error: unknown) => {
    options.onError?.(error);
    // Without a length the library sends an empty body in chunks.
    return new Response(null, { status: 500, headers: { "content-length": "0" } });
  };
  const isTold = options.address.kind === "tcp" && CAN_TELL_PEERS;
  const exchangeOf = (bindings: HttpBindings) =>
    isTold ? new NodeTcpExchange(bindings) : new NodeExchange(bindings);
  return (request, bindings) => {
    try {
      const answer = options.fetch(request, exchangeOf(bindings as HttpBindings));
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  };
}

async function listen(server: Server, resolved: ListenAddress, given: ListenAddress): Promise<void> {
  try {
    const listening = once(server, "listening");
    if (resolved.kind === "tcp") server.listen(resolved.port, resolved.host);
    else withPrivateUmask(() => server.listen(resolved.path));
    await listening;
  } catch (error) {
    throw listenFailure(given, error);
  }
}

function boundServer(server: Server, address: ListenAddress): BoundServer {
  const closed = new Promise<void>((resolve) => server.once("close", () => resolve()));
  let isStopped = false;
  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    server.close(); // frees the port at once; "close" comes after the last connection
    server.closeIdleConnections();
    // A connection whose answer has ended stays open as long as its client likes, unless somebody looks again.
    const timer = setInterval(() => server.closeIdleConnections(), DRAIN_CHECK_MS).unref();
    void closed.then(() => clearInterval(timer));
  }
  return {
    finished: closed,
    address: address.kind === "tcp" ? { ...address, port: (server.address() as AddressInfo).port } : address,
    async stopListening() {
      stop();
    },
    async close() {
      stop();
      server.closeAllConnections();
      await closed;
    },
  };
}
