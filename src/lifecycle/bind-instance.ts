import { dirname } from "node:path";
import { ensurePrivateFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import type { ServeOptions } from "../runtime/types.ts";
import { bindTcp, type TcpOutcome } from "./bind-tcp.ts";
import type { HearthHealth } from "./health.ts";
import { findServing } from "./find-serving.ts";
import type { Bindings, ServeInstanceOptions } from "./running-server.ts";
import { createStartLock } from "./start-lock.ts";
import { bindGuestSocket, bindOwnerSocket } from "./unix-socket.ts";

const RETRY_MS = 15;

type Handlers = Omit<ServeOptions, "address">;
type TcpBinding = Extract<TcpOutcome, { kind: "bound" }>;

/** What answers by each way in. */
export interface WaysIn {
  readonly owner: Handlers;
  readonly guest: Handlers;
}

/** What came of binding everything: it is ours, or this very instance runs already. */
export type BindOutcome =
  | { readonly kind: "bound"; readonly bindings: Bindings }
  | { readonly kind: "already-running"; readonly health: HearthHealth };

/** Binds what an instance listens on, unless it has a server. Throws as `serveInstance`. */
export async function bindInstance(options: ServeInstanceOptions, ways: WaysIn): Promise<BindOutcome> {
  if (options.tcp === false) return await bindWithoutTcp(options, ways);
  try {
    return await bindWithTcp(options, ways);
  } catch (error) {
    const isPortTaken = error instanceof HearthError && error.code === "port-taken";
    if (!isPortTaken || options.startedHow !== "auto") throw error;
    // Started for an owner's command, which needs the socket alone.
    return await bindWithoutTcp(options, ways, error.message);
  }
}

/** A fixed port is a judge of its own; without one a server of ours is found by its socket only. */
async function bindWithTcp(options: ServeInstanceOptions, ways: WaysIn): Promise<BindOutcome> {
  const { instance, runtime } = options;
  if (instance.portRule.kind !== "fixed") {
    const health = await findServing(runtime, instance);
    if (health !== undefined) return { kind: "already-running", health };
  }
  const tcp = await bindTcp(runtime, instance, ways.guest);
  if (tcp.kind === "already-running") return tcp;
  // The port is free as well when the server of this instance listens on none.
  const health = await findServing(runtime, instance);
  if (health === undefined) return { kind: "bound", bindings: await bindSockets(options, ways, tcp) };
  await tcp.server.close();
  return { kind: "already-running", health };
}

/**
 * No port says who serves, so those that try ask one after the other, inside a lock. Like every lock here it never
 * blocks: should two be inside after all, the owner's socket decides, as without a fixed port. `tcpProblem`: why it is
 * without TCP, unless that was asked for.
 */
async function bindWithoutTcp(
  options: ServeInstanceOptions,
  ways: WaysIn,
  tcpProblem?: string,
): Promise<BindOutcome> {
  const lock = createStartLock(options.runtime, options.instance, "bind.lock");
  try {
    for (;;) {
      const isOurs = await lock.tryTake();
      const health = await findServing(options.runtime, options.instance);
      if (health !== undefined) return { kind: "already-running", health };
      if (isOurs) {
        const bindings = await bindSockets(options, ways, undefined);
        return { kind: "bound", bindings: { ...bindings, tcpProblem } };
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    lock.release();
  }
}

async function bindSockets(
  { guestSocketPath, instance, runtime }: ServeInstanceOptions,
  { guest, owner }: WaysIn,
  tcp: TcpBinding | undefined,
): Promise<Bindings> {
  let guestSocket: Bindings["guestSocket"];
  try {
    if (guestSocketPath !== undefined) {
      // A service's guests come by a socket beside the owner's.
      ensurePrivateFolder(dirname(instance.socketPath));
      guestSocket = await bindGuestSocket(runtime, guestSocketPath, guest);
    }
    const ownerSocket = await bindOwnerSocket(runtime, instance.socketPath, owner);
    return { tcpServer: tcp?.server, port: tcp?.port, ownerSocket, guestSocket };
  } catch (error) {
    // Whoever waits at the gate is dropped; this process does not serve.
    guestSocket?.removePath();
    await Promise.all([tcp?.server.close(), guestSocket?.server.close()]);
    throw error;
  }
}
