import { addressBytes } from "./address.ts";
import type { SocketCalls } from "./calls.ts";
import type { TcpEnds } from "./types.ts";

const SOL_SOCKET = 1;
const SO_COOKIE = 57;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
/** States in which the kernel gives the connection's addresses and ports to no other one. */
const ESTABLISHED = 1;
const CLOSE_WAIT = 8;

/** Descriptors above are not looked at. */
const MAX_DESCRIPTOR = 1024;
const RECENT = 8;

/** The server's end of one connection. */
export interface ConnectionMark {
  readonly fd: number;
  /** The kernel's number of the socket, which no other socket gets before the next boot. */
  readonly cookie: number;
}

/**
 * Finds our end of a connection among our descriptors. Bun and Deno name a request's peer only by address and port, and
 * those may be another process's by the next request.
 */
export class Connections {
  readonly #calls: SocketCalls;
  readonly #bytes = new Uint8Array(32);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #length = new Uint32Array(1);
  /** Descriptors of the last connections: the system gives the lowest free one, often one of these. */
  #recent: number[] = [];

  constructor(calls: SocketCalls) {
    this.#calls = calls;
  }

  find({ peer, server }: TcpEnds): ConnectionMark | undefined {
    const address = addressBytes(peer.address);
    if (address === undefined) return undefined;
    const matches = (fd: number): boolean =>
      this.#portOf(fd, "getpeername") === peer.port &&
      this.#isAddress(address) &&
      this.#portOf(fd, "getsockname") === server.port;
    let fd = this.#recent.find(matches);
    for (let next = 3; fd === undefined && next < MAX_DESCRIPTOR; next++) if (matches(next)) fd = next;
    if (fd === undefined) return undefined;
    if (!this.#recent.includes(fd)) this.#recent = [fd, ...this.#recent].slice(0, RECENT);
    const cookie = this.#cookieOf(fd);
    return cookie === undefined ? undefined : { fd, cookie };
  }

  /** True as long as this very connection stands; then nobody else can send from its address and port. */
  isStanding({ cookie, fd }: ConnectionMark): boolean {
    if (this.#cookieOf(fd) !== cookie) return false;
    this.#length[0] = 1;
    if (this.#calls.getsockopt(fd, IPPROTO_TCP, TCP_INFO, this.#bytes, this.#length) !== 0) return false;
    const state = this.#bytes[0];
    return state === ESTABLISHED || state === CLOSE_WAIT;
  }

  #portOf(fd: number, call: "getpeername" | "getsockname"): number | undefined {
    this.#length[0] = 28;
    this.#bytes[0] = 0;
    if (this.#calls[call](fd, this.#bytes, this.#length) !== 0) return undefined;
    const family = this.#bytes[0];
    return family === 2 || family === 10 ? this.#view.getUint16(2) : undefined;
  }

  /** Compares what `#portOf` has just read. */
  #isAddress(wanted: Uint8Array): boolean {
    const start = this.#bytes[0] === 2 ? 4 : 8 + (16 - wanted.length);
    return wanted.every((byte, i) => byte === this.#bytes[start + i]);
  }

  #cookieOf(fd: number): number | undefined {
    this.#length[0] = 8;
    if (this.#calls.getsockopt(fd, SOL_SOCKET, SO_COOKIE, this.#bytes, this.#length) !== 0) return undefined;
    // Counted from 1 since the boot: never beyond 2^53.
    return this.#view.getUint32(0, true) + this.#view.getUint32(4, true) * 2 ** 32;
  }
}
