import { addressBytes } from "./address.ts";
import type { SocketCalls } from "./calls.ts";
import type { PeerLookup, TcpEnds } from "./types.ts";

// netlink(7), sock_diag(7)
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const MSG_DONTWAIT = 0x40;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const ANY = 0xffffffff;

const REQUEST_BYTES = 72;
/** Up to the inode in `struct inet_diag_msg`. */
const ANSWER_BYTES = 88;
/** Answers to earlier questions that may lie before ours. */
const MAX_STALE = 4;

/** Asks the kernel for one socket by its exact addresses and ports: some microseconds, however many sockets there are. */
export class SockDiag {
  readonly #calls: SocketCalls;
  readonly #request = new Uint8Array(REQUEST_BYTES);
  readonly #answer = new Uint8Array(4096);
  readonly #requestView = new DataView(this.#request.buffer);
  readonly #answerView = new DataView(this.#answer.buffer);
  #fd = -1;
  #sequence = 0;

  constructor(calls: SocketCalls) {
    this.#calls = calls;
  }

  /** True when the system takes such questions. */
  open(): boolean {
    if (this.#fd < 0) this.#fd = this.#calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
    return this.#fd >= 0;
  }

  readonly lookup: PeerLookup = (ends) => {
    if (!this.open() || !this.#write(ends)) return undefined;
    const sent = this.#calls.send(this.#fd, this.#request, REQUEST_BYTES, 0);
    if (sent !== REQUEST_BYTES) return this.#reset();
    for (let i = 0; i < MAX_STALE; i++) {
      // The kernel has answered before `send` returns.
      const size = this.#calls.recv(this.#fd, this.#answer, this.#answer.length, MSG_DONTWAIT);
      if (size <= 0) return this.#reset();
      if (this.#answerView.getUint32(8, true) === this.#sequence) return this.#ownerIn(size, ends);
    }
    return this.#reset();
  };

  #write({ peer, server }: TcpEnds): boolean {
    const [source, destination] = [addressBytes(peer.address), addressBytes(server.address)];
    if (source === undefined || source.length !== destination?.length) return false;
    const view = this.#requestView;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#request.fill(0);
    view.setUint32(0, REQUEST_BYTES, true);
    view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
    view.setUint16(6, NLM_F_REQUEST, true);
    view.setUint32(8, this.#sequence, true);
    this.#request[16] = source.length === 4 ? AF_INET : AF_INET6;
    this.#request[17] = IPPROTO_TCP;
    view.setUint32(20, ANY, true); // states
    view.setUint16(24, peer.port);
    view.setUint16(26, server.port);
    this.#request.set(source, 28);
    this.#request.set(destination, 44);
    view.setUint32(64, ANY, true); // no cookie
    view.setUint32(68, ANY, true);
    return true;
  }

  #ownerIn(size: number, { peer, server }: TcpEnds): number | undefined {
    const view = this.#answerView;
    if (size < ANSWER_BYTES || view.getUint16(4, true) !== SOCK_DIAG_BY_FAMILY) return undefined;
    // Without such a connection the kernel names who listens on the port.
    if (view.getUint16(20) !== peer.port || view.getUint16(22) !== server.port) return undefined;
    // A socket that its process has closed has no inode, and then the user ID is 0 whatever user it belonged to.
    return view.getUint32(84, true) === 0 ? undefined : view.getUint32(80, true);
  }

  #reset(): undefined {
    this.#calls.close(this.#fd);
    this.#fd = -1;
    return undefined;
  }
}
