import type { SocketCalls } from "./calls.ts";
import { Connections, type ConnectionMark } from "./connections.ts";
import { lookupInProc } from "./proc-net.ts";
import { SockDiag } from "./sock-diag.ts";
import type { PeerLookup, PeerUser, TcpEnds } from "./types.ts";

/** Connections whose verdict is kept; beyond that all are looked up again. */
const MAX_KEPT = 4096;

/** Who is at the other end, by the peer's address and port. */
export type PeerCheck = (ends: TcpEnds) => PeerUser;

/** False where the system can't tell whose a connection is (all but Linux): then nobody is refused for it. */
export const CAN_TELL_PEERS: boolean = process.platform === "linux";

/** What the owner of the peer's socket is to this process: `undefined` is never taken for root. */
export function peerUser(uid: number | undefined, ownUid: number): PeerUser {
  if (uid === undefined) return "unknown";
  return uid === ownUid || uid === 0 ? "same-user" : "other-user";
}

/** Looks a peer up in /proc, for runtimes whose connections are objects that keep the answer. */
export const checkPeerByProc: PeerCheck = (ends) => peerUser(lookupInProc(ends), ownUid());

interface Kept extends ConnectionMark {
  readonly address: string;
  readonly user: PeerUser;
}

/**
 * The check of runtimes that name a peer only by address and port. A verdict is kept as long as the very connection
 * stands that it was made for, so that a later one from the same port is looked up again.
 */
export function createPeerCheck(load: () => SocketCalls | undefined): PeerCheck {
  let check: PeerCheck | undefined;
  return (ends) => (check ??= checkBy(load()))(ends);
}

function checkBy(calls: SocketCalls | undefined): PeerCheck {
  if (calls === undefined) return checkPeerByProc;
  const diag = new SockDiag(calls);
  const lookup: PeerLookup = diag.open() ? diag.lookup : lookupInProc;
  const connections = new Connections(calls);
  const kept = new Map<number, Kept>();
  return (ends) => {
    const { address, port } = ends.peer;
    const known = kept.get(port);
    if (known !== undefined && known.address === address && connections.isStanding(known)) return known.user;
    const mark = connections.find(ends);
    const user = peerUser(lookup(ends), ownUid());
    // It stood before and stands after: so the answer was about this connection.
    if (mark !== undefined && user !== "unknown" && connections.isStanding(mark)) {
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(port, { ...mark, address, user });
    } else kept.delete(port);
    return user;
  };
}

function ownUid(): number {
  return process.geteuid?.() ?? -1;
}
