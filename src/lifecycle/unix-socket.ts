import { lstatSync, renameSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensurePrivateFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { BoundServer, Runtime, ServeOptions } from "../runtime/types.ts";
import { askHealth } from "./health.ts";

/** A server at the path of a Unix socket. */
export interface UnixSocket {
  readonly server: BoundServer;
  readonly path: string;
  /** "ours", "absent", or "foreign" when another process put something there. */
  whoseIsPath(): "ours" | "absent" | "foreign";
  /** Removes the path if it still leads to us; connections made before go on. */
  removePath(): void;
}

type Handlers = Omit<ServeOptions, "address">;

/**
 * Listens at the owner's path, in a folder that only we may open, whatever lies there: a stale socket needs no asking.
 * Throws `state-unusable` when the folder isn't ours.
 */
export async function bindOwnerSocket(
  runtime: Runtime,
  path: string,
  handlers: Handlers,
): Promise<UnixSocket> {
  ensurePrivateFolder(dirname(path));
  return bindOver(runtime, path, handlers);
}

/**
 * Listens at a path that somebody named, for guests. A socket that nobody answers at is replaced, as is one whose server
 * leaves; a living one is `port-taken`, any other file `address-invalid`. To be called by who holds the instance's TCP
 * address, or its lock.
 */
export async function bindGuestSocket(
  runtime: Runtime,
  path: string,
  handlers: Handlers,
): Promise<UnixSocket> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isSocket()) {
    throw new HearthError("address-invalid", `${path} is a file, not a socket`, {
      hint: "Name a path in `socket` at which nothing lies yet.",
    });
  }
  const answer = stat === undefined ? undefined : await askHealth(runtime, { socketPath: path });
  if (answer !== undefined && answer.kind !== "none" && answer.kind !== "stopping") {
    throw new HearthError("port-taken", `Another program serves the socket ${path}`, {
      hint: "Name another path in `socket`.",
    });
  }
  return bindOver(runtime, path, handlers);
}

/**
 * Binds under a private name and renames it over the path: there is no moment without a socket, the last to rename owns
 * the path, and the runtime, which at its end unlinks the path that it bound, can't unlink another server's.
 */
async function bindOver(runtime: Runtime, path: string, handlers: Handlers): Promise<UnixSocket> {
  // No longer than the final name, whose length was checked.
  const privatePath = join(dirname(path), `.${Math.random().toString(36).slice(2, 9)}`);
  const server = await runtime.serve({ ...handlers, address: { kind: "unix", path: privatePath } });
  const own = lstatSync(privatePath);
  renameSync(privatePath, path);

  function whoseIsPath(): "ours" | "absent" | "foreign" {
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (now === undefined) return "absent";
    return now.ino === own.ino && now.dev === own.dev ? "ours" : "foreign";
  }

  return {
    server,
    path,
    whoseIsPath,
    removePath() {
      if (whoseIsPath() === "ours") unlinkSync(path);
    },
  };
}
