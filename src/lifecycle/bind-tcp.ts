import { HearthError } from "../errors.ts";
import type { BoundServer, Runtime, ServeOptions } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import type { HealthAnswer, HearthHealth } from "./health.ts";
import { portSequence } from "./instance.ts";
import type { Instance } from "./instance.ts";
import { recordedHealth } from "./find-serving.ts";

/** A server that is leaving closes its port first, so this is only met when it is stuck. */
const LEAVING_PATIENCE_MS = 15_000;
/** For a holder that can't be asked (bound but not listening), or that says it is us and has no socket yet. */
const PATIENCE_MS = 3000;
const RETRY_MS = 15;

/** What came of binding: the port is ours, or this very instance runs already. */
export type TcpOutcome =
  | { readonly kind: "bound"; readonly server: BoundServer; readonly port: number }
  | { readonly kind: "already-running"; readonly health: HearthHealth };

type Holder =
  | { readonly kind: "us"; readonly health: HearthHealth }
  | { readonly kind: "leaving" | "unclear" | "stranger"; readonly description: string };

/**
 * Binds the first port of the instance's sequence that no stranger holds. Binding is the judge: of any number of
 * contenders one gets the port, the others find it there. Throws `port-taken`, saying by whom, or what `Runtime.serve`
 * throws.
 */
export async function bindTcp(
  runtime: Runtime,
  instance: Instance,
  options: Omit<ServeOptions, "address">,
): Promise<TcpOutcome> {
  let description = "";
  for (const port of portSequence(instance.portRule)) {
    const outcome = await bindPort(runtime, instance, port, options);
    if (typeof outcome !== "string") return outcome;
    description = outcome;
    if (instance.portRule.kind === "fixed") throw portTaken(instance.host, port, description);
  }
  throw new HearthError("port-taken", `No free port was found for ${instance.configPath}`, {
    hint: "Set `port` in the config file.",
  });
}

/** The outcome for one port, or the description of the stranger that holds it. */
async function bindPort(
  runtime: Runtime,
  instance: Instance,
  port: number,
  options: Omit<ServeOptions, "address">,
): Promise<TcpOutcome | string> {
  const beganMs = performance.now();
  for (;;) {
    const server = await tryBind(runtime, instance.host, port, options);
    if (server !== undefined) return { kind: "bound", server, port: portOf(server) };
    const holder = await whoHolds(runtime, instance, port);
    if (holder.kind === "us") return { kind: "already-running", health: holder.health };
    const patienceMs = holder.kind === "leaving" ? LEAVING_PATIENCE_MS : PATIENCE_MS;
    if (holder.kind === "stranger" || performance.now() - beganMs > patienceMs) return holder.description;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function tryBind(
  runtime: Runtime,
  host: string,
  port: number,
  options: Omit<ServeOptions, "address">,
): Promise<BoundServer | undefined> {
  try {
    return await runtime.serve({ ...options, address: { kind: "tcp", host, port } });
  } catch (error) {
    if (error instanceof HearthError && error.code === "port-taken") return undefined;
    throw error;
  }
}

async function whoHolds(runtime: Runtime, instance: Instance, port: number): Promise<Holder> {
  const answer = await askHealth(runtime, { host: instance.host, port });
  if (answer.kind === "silent") return (await recordedHolder(runtime, instance, port)) ?? notHearth(answer);
  if (answer.kind !== "hearth") return notHearth(answer);
  const { health } = answer;
  // Anybody may claim our id over TCP; only our own process can answer on the socket in our private folder.
  const own = await askHealth(runtime, { socketPath: instance.socketPath });
  if (own.kind === "hearth" && own.health.pid === health.pid) return { kind: "us", health };
  const description = `another hearth (version ${health.version}, instance ${health.instance}, pid ${health.pid})`;
  return { kind: health.id === instance.id ? "unclear" : "stranger", description };
}

/** A server of ours that is too busy to answer, or not ready yet. */
async function recordedHolder(
  runtime: Runtime,
  instance: Instance,
  port: number,
): Promise<Holder | undefined> {
  const health = await recordedHealth(runtime, instance, port);
  return health === undefined ? undefined : { kind: "us", health };
}

function notHearth(answer: Exclude<HealthAnswer, { kind: "hearth" }>): Holder {
  if (answer.kind === "stopping") return { kind: "leaving", description: "a hearth that is still stopping" };
  if (answer.kind === "lynguine") return { kind: "stranger", description: "lynguine's own server" };
  if (answer.kind === "other-user") return { kind: "stranger", description: "another user's hearth" };
  if (answer.kind === "other") return { kind: "stranger", description: "another program" };
  return { kind: "unclear", description: "another program, which gives no answer" };
}

function portTaken(host: string, port: number, holder: string): HearthError {
  return new HearthError("port-taken", `Port ${port} on ${host} is held by ${holder}`, {
    hint: "Stop it, or choose another port with `--port` or HEARTH_PORT.",
  });
}

function portOf(server: BoundServer): number {
  return server.address.kind === "tcp" ? server.address.port : 0;
}
