import { ensureInstanceFolder } from "./instance-folder.ts";
import { bindTcp } from "./bind-tcp.ts";
import { createGate } from "./gate.ts";
import type { Gate } from "./gate.ts";
import { askHealth } from "./health.ts";
import type { HearthHealth } from "./health.ts";
import { InstanceServer } from "./instance-server.ts";
import type { Bindings, RunningServer, ServeInstanceOptions } from "./running-server.ts";
import { bindGuestSocket, bindOwnerSocket } from "./unix-socket.ts";

/** What came of serving: we serve, or this very instance is served already. */
export type ServeOutcome =
  | { readonly kind: "running"; readonly server: RunningServer }
  | { readonly kind: "already-running"; readonly health: HearthHealth };

interface Gates {
  readonly owner: Gate;
  readonly guest: Gate;
}

/**
 * Becomes the server of an instance, unless it has one. Of any number of processes that try at once, one serves; for a
 * fixed port whoever binds it, else whoever owns the socket's path in the end, and the others leave
 * (`RunningServer.stopped` with "superseded"). Listens to SIGTERM, SIGINT (drain; a second one ends at once) and SIGHUP.
 *
 * Throws `port-taken` naming the holder, `address-invalid`, `state-unusable`, `start-failed`.
 */
export async function serveInstance(options: ServeInstanceOptions): Promise<ServeOutcome> {
  const { runtime, instance } = options;
  ensureInstanceFolder(instance);
  // A fixed port is a judge of its own; without one a server of ours is found by its socket only.
  if (instance.portRule.kind !== "fixed") {
    const answer = await askHealth(runtime, { socketPath: instance.socketPath });
    if (answer.kind === "hearth") return { kind: "already-running", health: answer.health };
  }
  const identity = runtime.identify(process.pid);
  const gates: Gates = { owner: createGate(), guest: createGate() };
  const tcp = await bindTcp(runtime, instance, handlersOf(options, gates.guest));
  if (tcp.kind === "already-running") return tcp;
  const bindings = await bindSockets(options, gates, tcp.server, tcp.port);
  const server = new InstanceServer(options, bindings, (await identity)?.startedAt, () =>
    bindOwnerSocket(runtime, instance.socketPath, handlersOf(options, gates.owner)),
  );
  try {
    gates.guest.open(await options.fetchFor("guest", server));
    gates.owner.open(await options.fetchFor("owner", server));
  } catch (error) {
    await server.stop("failed");
    throw error;
  }
  return { kind: "running", server };
}

async function bindSockets(
  options: ServeInstanceOptions,
  gates: Gates,
  tcpServer: Bindings["tcpServer"],
  port: number,
): Promise<Bindings> {
  const { guestSocketPath, instance, runtime } = options;
  let guestSocket: Bindings["guestSocket"];
  try {
    if (guestSocketPath !== undefined) {
      guestSocket = await bindGuestSocket(runtime, guestSocketPath, handlersOf(options, gates.guest));
    }
    const ownerHandlers = handlersOf(options, gates.owner);
    const ownerSocket = await bindOwnerSocket(runtime, instance.socketPath, ownerHandlers);
    return { tcpServer, port, ownerSocket, guestSocket };
  } catch (error) {
    // Whoever waits at the gate is dropped; this process does not serve.
    guestSocket?.removePath();
    await Promise.all([tcpServer.close(), guestSocket?.server.close()]);
    throw error;
  }
}

function handlersOf({ log }: ServeInstanceOptions, gate: Gate) {
  return {
    fetch: gate.fetch,
    onError: (error: unknown) => log.error("the runtime reported an error", error),
  };
}
