import { ensureInstanceFolder } from "./instance-folder.ts";
import { bindInstance } from "./bind-instance.ts";
import { createGate } from "./gate.ts";
import type { Gate } from "./gate.ts";
import type { HearthHealth } from "./health.ts";
import { InstanceServer } from "./instance-server.ts";
import type { RunningServer, ServeInstanceOptions } from "./running-server.ts";
import { bindOwnerSocket } from "./unix-socket.ts";

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
 * fixed port whoever binds it, without TCP the first inside a lock, else whoever owns the socket's path in the end, and the
 * others leave (`RunningServer.stopped` with "superseded"). Listens to SIGTERM, SIGINT (drain; a second one ends at once) and SIGHUP.
 *
 * Throws `port-taken` naming the holder, `address-invalid`, `state-unusable`, `start-failed`.
 */
export async function serveInstance(options: ServeInstanceOptions): Promise<ServeOutcome> {
  const { runtime, instance } = options;
  ensureInstanceFolder(instance);
  const identity = runtime.identify(process.pid);
  const gates: Gates = { owner: createGate(), guest: createGate() };
  const ways = { owner: handlersOf(options, gates.owner), guest: handlersOf(options, gates.guest) };
  const bound = await bindInstance(options, ways);
  if (bound.kind === "already-running") return bound;
  const server = new InstanceServer(options, bound.bindings, (await identity)?.startedAt, () =>
    bindOwnerSocket(runtime, instance.socketPath, ways.owner),
  );
  try {
    const { guest, owner } = await options.handlersFor(server);
    gates.guest.open(guest);
    gates.owner.open(owner);
  } catch (error) {
    await server.stop("failed");
    throw error;
  }
  return { kind: "running", server };
}

function handlersOf({ log }: ServeInstanceOptions, gate: Gate) {
  return {
    fetch: gate.fetch,
    onError: (error: unknown) => log.error("the runtime reported an error", error),
  };
}
