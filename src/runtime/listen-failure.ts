import { HearthError } from "../errors.ts";
import type { ListenAddress } from "./types.ts";

/** An address for people: `127.0.0.1:8765`, `[::1]:8765` or the path of a socket. */
export function showAddress(address: ListenAddress): string {
  if (address.kind === "unix") return address.path;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/**
 * What a failed listen means, in the same words on every runtime.
 *
 * @returns `port-taken`, `address-invalid`, or `start-failed` for what is not known
 */
export function listenFailure(address: ListenAddress, error: unknown): HearthError {
  if (error instanceof HearthError) return error;
  const shown = showAddress(address);
  const cause = { cause: error };
  switch ((error as { code?: unknown } | null)?.code) {
    case "EADDRINUSE":
      return address.kind === "unix"
        ? new HearthError("port-taken", `A file stands at the socket path ${shown} already`, cause)
        : new HearthError("port-taken", `Another program listens on ${shown}`, {
            ...cause,
            hint: "Run `hearth status` to see whether it is hearth, or choose another port with `--port`.",
          });
    case "EADDRNOTAVAIL":
      return new HearthError("address-invalid", `${shown} is not an address of this machine`, cause);
    case "EACCES":
    case "ENOENT":
    case "ENOTDIR":
    case "EPERM":
    case "EROFS":
      return forbidden(address, cause);
    default:
      return new HearthError("start-failed", `Cannot listen on ${shown}`, cause);
  }
}

// libuv reports a missing folder as EACCES, so the two can't be told apart by code.
function forbidden(address: ListenAddress, cause: { cause: unknown }): HearthError {
  if (address.kind === "unix") {
    const message = `Cannot make the socket ${address.path}: its folder is missing or cannot be written`;
    return new HearthError("address-invalid", message, cause);
  }
  const hint = "Ports below 1024 belong to the administrator; choose another with `--port`.";
  return new HearthError("address-invalid", `This user may not listen on ${showAddress(address)}`, {
    ...cause,
    hint,
  });
}
