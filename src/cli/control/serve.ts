import type { Flags } from "../../config/given-values.ts";
import { waitingSentence } from "../../config/resolved.ts";
import { HearthError } from "../../errors.ts";
import type { RunningServer } from "../../lifecycle/running-server.ts";
import { writeStartFailure } from "../../lifecycle/start-failure.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { type ServedInstance, serve } from "../../serve.ts";
import { locate } from "../locate.ts";
import { printData, say } from "../print.ts";
import { namedRoots, tellRoots } from "./roots.ts";

export interface ServeCommand {
  readonly flags: Flags;
  /** Where relative paths and the search for a config start. */
  readonly directory: string;
  /** Started by a client, or by `hearth start`: nobody reads what we print. */
  readonly isBackground: boolean;
  readonly isAuto: boolean;
  readonly asJson: boolean;
  readonly isQuiet: boolean;
}

/** Serves until the server is stopped, leaves idle, or gives way to another of the same instance. */
export async function serveHere(command: ServeCommand): Promise<void> {
  // In the background they were looked at by who started it; those of a restarted server are not named anew.
  if (!command.isBackground) namedRoots(command.flags["root"] as readonly string[] | undefined);
  const served = await startHere(command);
  const { outcome } = served;
  if (outcome.kind === "already-running") {
    // Of several that started at once another one serves: that is what was wanted.
    if (command.isBackground) return;
    throw new HearthError("port-taken", `This server runs already (pid ${outcome.health.pid})`, {
      hint: "`hearth status` shows it, `hearth stop` ends it; `--port N` starts another beside it.",
    });
  }
  if (!command.isBackground) tellListening(served, outcome.server, command);
  await outcome.server.stopped;
}

async function startHere({ flags, directory, isBackground, isAuto }: ServeCommand): Promise<ServedInstance> {
  const startedHow = isAuto ? "auto" : "by-hand";
  const runtime = await loadRuntime();
  try {
    return await serve({ runtime, flags, environment: process.env, directory, isBackground, startedHow });
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
  const { host, port } = server;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const { resolved, roots } = served;
  if (asJson) tellQuietly(JSON.stringify({ url, host, port, pid: process.pid, roots }));
  if (isQuiet) return;
  if (!asJson) say(`hearth listens on ${url}`);
  for (const warning of resolved.warnings) say(`warning: ${warning}`);
  const waiting = waitingSentence(resolved);
  if (waiting !== undefined) say(waiting);
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
