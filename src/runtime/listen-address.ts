import { HearthError } from "../errors.ts";
import type { ListenAddress } from "./types.ts";

/** Bytes that a socket path may have: `sun_path` holds 104 with its final zero on macOS and the BSDs, 108 on Linux. */
const SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;

const IP_LITERAL = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:.]*:[\da-f:.]*(?:%\w+)?)$/i;

/**
 * The address to hand to the runtime: checked, with the host's name resolved. Resolving comes first because Bun blames
 * the port for a bad name, and Deno's error for it has no code.
 *
 * @throws HearthError `address-invalid`
 */
export async function resolveListenAddress(address: ListenAddress): Promise<ListenAddress> {
  if (address.kind === "unix") return checkedPath(address);
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new HearthError("address-invalid", `${port} is no port; a port is a whole number from 0 to 65535`);
  }
  return { kind: "tcp", host: IP_LITERAL.test(host) ? host : await resolveName(host), port };
}

function checkedPath(address: ListenAddress & { kind: "unix" }): ListenAddress {
  const bytes = new TextEncoder().encode(address.path).length;
  if (bytes > 0 && bytes <= SOCKET_PATH_BYTES) return address;
  const message = `A socket path has 1 to ${SOCKET_PATH_BYTES} bytes; this one has ${bytes}: ${address.path}`;
  throw new HearthError("address-invalid", message);
}

async function resolveName(host: string): Promise<string> {
  const { lookup } = await import("node:dns/promises");
  try {
    // IPv4 first: `localhost` must mean the same address on every runtime.
    return (await lookup(host, { order: "ipv4first" })).address;
  } catch (cause) {
    const hint = "Give an address of this machine, such as 127.0.0.1.";
    throw new HearthError("address-invalid", `No host named "${host}" is known`, { cause, hint });
  }
}
