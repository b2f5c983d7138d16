import type { Flags } from "../../config/given-values.ts";
import { waitingSentence } from "../../config/resolved.ts";
import { HearthError } from "../../errors.ts";
import type { StartedHow } from "../../lifecycle/record.ts";
import type { RunningServer } from "../../lifecycle/running-server.ts";
import { writeStartFailure } from "../../lifecycle/start-failure.ts";
import { stopInstance } from "../../lifecycle/stop.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import type { Runtime } from "../../runtime/types.ts";
import { type ServedInstance, serve } from "../../serve.ts";
import { type Notifier, takeNotifier } from "../../service/notify.ts";
import { locate } from "../locate.ts";
import { printData, say } from "../print.ts";
import { addressText, tcpUrl } from "./address-text.ts";
import { namedRoots, tellRoots } from "./roots.ts";

export interface ServeCommand {
  readonly flags: Flags;
  /** Where relative paths and the search for a config start. */
  readonly directory: string;
  /** Started by a client, by `hearth start` or as a service: nobody reads what we print. */
  readonly isBackground: boolean;
  readonly startedHow: StartedHow;
  /** A server in the foreground that failed started us, and starts another when we fail. */
  readonly isSupervised: boolean;
  /** When the servers before this one failed, in milliseconds since the epoch. */
  readonly faults: readonly number[];
  /** Of the service that it is. */
  readonly serviceName?: string | undefined;
  readonly asJson: boolean;
  readonly isQuiet: boolean;
}

/**
 * Serves until the server is stopped, leaves idle, or gives way to another of the same instance. After an error that
 * belongs to no request another process goes on in its place, and what this gives is the exit code.
 */
export async function serveHere(command: ServeCommand): Promise<number> {
  // In the background they were looked at by who started it; those of a restarted server are not named anew.
  if (!command.isBackground) namedRoots(command.flags["root"] as readonly string[] | undefined);
  const runtime = await loadRuntime();
  const notifier = takeNotifier(runtime, process.env, command.serviceName);
  const served = await startHere(command, runtime, notifier);
  const { outcome } = served;
  if (outcome.kind === "already-running") {
    // Of several that started at once another one serves: that is what was wanted. A manager wants its own.
    if (command.isBackground && command.startedHow !== "service") return 0;
    throw new HearthError("port-taken", `This server runs already (pid ${outcome.health.pid})`, {
      hint: "`hearth status` shows it, `hearth stop` ends it; `--port N` starts another beside it.",
    });
  }
  if (!command.isBackground) tellListening(served, outcome.server, command);
  await notifier?.ready();
  const endWatch = command.isSupervised ? stopWithParent(outcome.server) : undefined;
  const { reason } = await outcome.server.stopped;
  endWatch?.();
  if (reason !== "fault") return 0;
  const { afterFault } = await import("./after-fault.ts");
  return await afterFault({ runtime, server: outcome.server, firstRoots: served.roots, command });
}

/** A server that another process started in its place ends when that one is gone, as it would have itself. */
function stopWithParent(server: RunningServer): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) void server.stop("signal");
  }, 1000);
  return () => clearInterval(timer);
}

async function startHere(
  { flags, directory, isBackground, startedHow }: ServeCommand,
  runtime: Runtime,
  notifier: Notifier | undefined,
): Promise<ServedInstance> {
  const options = { runtime, flags, environment: process.env, directory, isBackground, startedHow };
  try {
    const served = await serve({ ...options, supervisor: notifier });
    if (startedHow !== "service" || served.outcome.kind === "running") return served;
    // One that a client started, when the manager was out of reach for it, gives way to the service's own.
    if (served.outcome.health.startedHow !== "auto") return served;
    const { instance } = await locate({ ...flags, directory });
    await stopInstance({ runtime, instance, pid: served.outcome.health.pid });
    return await serve({ ...options, supervisor: notifier });
  } catch (error) {
    if (isBackground) await leaveReason(error, flags, directory);
    throw error;
  }
}

/** The clients that wait for this server look for the reason beside its record. */
async function leaveReason(error: unknown, flags: Flags, directory: string): Promise<void> {
  const { instance } = await locate({ ...flags, directory });
  writeStartFailure(instance, error);
}

/** Where it listens: for a program one line of JSON on stdout, for a person words on stderr. */
function tellListening(
  served: ServedInstance,
  server: RunningServer,
  { asJson, isQuiet }: ServeCommand,
): void {
  const { guestSocketPath: socket, host, port } = server;
  const { resolved, roots } = served;
  const url = port === undefined ? null : tcpUrl(host, port);
  const address = { url, host, port: port ?? null, socket: socket ?? null };
  if (asJson) tellQuietly(JSON.stringify({ ...address, pid: process.pid, roots }));
  if (isQuiet) return;
  if (!asJson) say(`hearth listens on ${addressText(server)}`);
  for (const warning of resolved.warnings) say(`warning: ${warning}`);
  const waiting = waitingSentence(resolved);
  if (waiting !== undefined) say(waiting);
  if (port === undefined && socket === undefined) return;
  tellRoots(roots, { info: say, warn: (sentence) => say(`warning: ${sentence}`) });
  if (roots.length === 0) say("Programs coming by TCP reach no files; --root DIR names a folder for them");
}

/** A server outlives whoever reads what it prints. */
function tellQuietly(line: string): void {
  try {
    printData(`${line}\n`);
  } catch {
    // The reader of stdout is gone.
  }
}
