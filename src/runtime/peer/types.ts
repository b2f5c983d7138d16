/**
 * Whose process is at the other end of a TCP connection of this machine: ours (or root's), another user's, or one that
 * the system does not name, such as one that has closed its socket or is in another network namespace.
 */
export type PeerUser = "same-user" | "other-user" | "unknown";

/** One TCP connection, seen from the server. Addresses are numeric. */
export interface TcpEnds {
  readonly peer: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
}

/** The user ID that owns the peer's socket, or undefined when the system does not name one owner. */
export type PeerLookup = (ends: TcpEnds) => number | undefined;
