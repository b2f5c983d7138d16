import { readRecord } from "../../lifecycle/record.ts";
import { stopInstance } from "../../lifecycle/stop.ts";
import { locate } from "../locate.ts";
import { openLog } from "../log.ts";
import { namedRoots } from "./roots.ts";
import { startBackground, type StartFlags, tellStarted } from "./start.ts";

/** Stops the server, if one runs, and starts it again in the background, with the roots that it had. */
export async function restartServer(flags: StartFlags): Promise<void> {
  const named = namedRoots(flags.root);
  const local = await locate(flags);
  const log = await openLog(flags);
  const before = readRecord(local.instance.recordPath);
  const outcome = await stopInstance({ runtime: local.runtime, instance: local.instance });
  if (outcome.kind !== "not-running") log.info(`The server (pid ${outcome.pid}) was ${outcome.kind}`);
  const roots = outcome.kind === "not-running" ? [] : (before?.roots ?? []);
  await startBackground(local, [...new Set([...named, ...roots])], flags);
  await tellStarted(local, flags, log);
}
