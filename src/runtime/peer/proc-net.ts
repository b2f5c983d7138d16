import { readFileSync } from "node:fs";
import { addressBytes } from "./address.ts";
import type { PeerLookup, TcpEnds } from "./types.ts";

/** Asks Linux's tables of TCP sockets. It takes as long as reading them. */
export const lookupInProc: PeerLookup = (ends) => {
  const isIpv4 = addressBytes(ends.peer.address)?.length === 4;
  // A client may use IPv4 by a socket of IPv6.
  for (const table of isIpv4 ? ["tcp", "tcp6"] : ["tcp6"]) {
    const found = ownerInTable(tableText(table), ends, table === "tcp6");
    if (found !== "absent") return found;
  }
  return undefined;
};

function tableText(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, "latin1");
  } catch {
    return ""; // no /proc, or none that we may read
  }
}

/**
 * The owner of the peer's socket in the text of `/proc/net/tcp` or `tcp6`; undefined when it has no inode (its process
 * has closed it) or is listed more than once.
 */
export function ownerInTable(
  text: string,
  { peer, server }: TcpEnds,
  isIpv6: boolean,
): number | undefined | "absent" {
  const wanted = ` ${written(peer, isIpv6)} ${written(server, isIpv6)} `;
  const at = text.indexOf(wanted);
  if (at === -1) return "absent";
  if (text.includes(wanted, at + 1)) return undefined;
  // st tx:rx tr:when retrnsmt uid timeout inode
  const fields = text
    .slice(at + wanted.length, text.indexOf("\n", at))
    .trim()
    .split(/\s+/);
  const [uid, inode] = [Number(fields[4]), Number(fields[6])];
  return Number.isInteger(uid) && inode > 0 ? uid : undefined;
}

/** As the kernel writes it: words of four bytes as the machine (little-endian) reads them, in hex. */
function written({ address, port }: TcpEnds["peer"], isIpv6: boolean): string {
  const plain = addressBytes(address) ?? new Uint8Array(4);
  const isMapped = isIpv6 && plain.length === 4;
  const bytes = isMapped ? [...new Uint8Array(10), 255, 255, ...plain] : [...plain];
  const hex = bytes.map((_, i) => (bytes[i - (i % 4) + 3 - (i % 4)] ?? 0).toString(16).padStart(2, "0"));
  return `${hex.join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}
