import { resolve } from "node:path";
import { EMBEDDED_HINTS } from "./embedded-hints.ts";
import { HearthError, reworded } from "./errors.ts";
import type { InFlight } from "./lifecycle/in-flight.ts";
import { within } from "./lifecycle/drain.ts";
import { loadRuntime } from "./runtime/detect.ts";
import type { BoundServer, ListenAddress, ServeOptions } from "./runtime/types.ts";

/** Where `serve()` listens. */
export interface ListenOptions {
  /** Default "127.0.0.1". Another than a loopback address needs a token or `authorize`. */
  readonly host?: string;
  /** Default 0: the system chooses one. */
  readonly port?: number;
  /** A Unix socket instead of TCP. */
  readonly socket?: string;
}

/** A server of an embedded hearth. */
export interface EmbeddedServer {
  /** `http://HOST:PORT`, or undefined on a Unix socket. */
  readonly url: string | undefined;
  /** Stops listening, lets running requests end for up to ten seconds, drops the rest. */
  close(): Promise<void>;
}

/** Milliseconds that running requests get to end. */
export const GRACE_MS = 10_000;
/** Milliseconds for the last bytes of answers; a connection on which no request ever came is not waited for longer. */
const LAST_BYTES_MS = 1000;

/** The address that the options mean. */
export function listenAddress({ host = "127.0.0.1", port = 0, socket }: ListenOptions): ListenAddress {
  return socket === undefined ? { kind: "tcp", host, port } : { kind: "unix", path: resolve(socket) };
}

/** Listens. Throws `port-taken`, `address-invalid`. */
export async function listen(
  address: ListenAddress,
  fetch: ServeOptions["fetch"],
  inFlight: InFlight,
): Promise<EmbeddedServer> {
  const runtime = await loadRuntime();
  const bound = await runtime.serve({ address, fetch }).catch((error: unknown) => {
    throw error instanceof HearthError ? reworded(error, EMBEDDED_HINTS) : error;
  });
  let closing: Promise<void> | undefined;
  return { url: urlOf(bound), close: () => (closing ??= closeGently(bound, inFlight)) };
}

async function closeGently(bound: BoundServer, inFlight: InFlight): Promise<void> {
  await bound.stopListening();
  // Whichever comes first: other servers of the same hearth, or what it is mounted in, may be busy for long.
  await within(GRACE_MS, Promise.race([bound.finished, inFlight.whenNone("use")]));
  await within(LAST_BYTES_MS, bound.finished);
  await bound.close();
}

function urlOf({ address }: BoundServer): string | undefined {
  if (address.kind === "unix") return undefined;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
