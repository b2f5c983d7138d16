import { homedir } from "node:os";
import type { ConsolaInstance } from "consola";
import { connectLocalServer } from "../../client/local.ts";
import { HearthClient } from "../../client/client.ts";
import type { LocalServer } from "../../client/find-instance.ts";
import { askHealth, type HearthHealth } from "../../lifecycle/health.ts";
import { type InstanceRecord, readRecord } from "../../lifecycle/record.ts";
import { silentServer } from "../../lifecycle/silent-server.ts";
import { ensureRunning } from "../../lifecycle/start.ts";
import { findService, serviceStart } from "../../service/find-service.ts";
import { type InstanceFlags, locate } from "../locate.ts";
import { openLog } from "../log.ts";
import { printData, say } from "../print.ts";
import { forwardedFlags } from "../server-args.ts";
import { addressText } from "./address-text.ts";
import { namedRoots, tellRoots } from "./roots.ts";

/** The flags of a server, by name; `root` and those of the instance are looked at here, the others passed on. */
export interface StartFlags extends InstanceFlags {
  readonly root?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** For a server that runs already and is busy; one that still gives no answer will not take roots either. */
const PATIENCE_MS = 10_000;

/** Starts the instance's server; at one that runs already, adds the roots in place. */
export async function startServer(flags: StartFlags): Promise<void> {
  const roots = namedRoots(flags.root);
  const local = await locate(flags);
  const log = await openLog(flags);
  const running = await askHealth(local.runtime, { socketPath: local.instance.socketPath }, PATIENCE_MS);
  if (running.kind === "silent") throw await silentServer(local.runtime, local.instance);
  if (running.kind === "hearth") return await takeOver(local, running.health, roots, flags, log);
  await startBackground(local, roots, flags);
  await tellStarted(local, flags, log);
}

/**
 * Starts the server in the background as one that a person started, and waits until it answers. One that a service is to
 * have is started by that, and takes the roots when it runs.
 */
export async function startBackground(
  local: LocalServer,
  roots: readonly string[],
  flags: StartFlags,
): Promise<void> {
  const forwarded = forwardedFlags({ ...flags });
  const extra = ["--started-by-hand", ...roots.flatMap((root) => ["--root", root]), ...forwarded];
  const { runtime, instance, stateFolder: directory, environment: env } = local;
  const found = await findService(local);
  const command = runtime.selfCommand(local.serveArgs([...extra, ...(found?.serveArgs ?? [])]));
  const isQuiet = flags.quiet === true;
  const onProgress = isQuiet ? undefined : tellProgress;
  const service = serviceStart(found, isQuiet ? undefined : (sentence) => say(`warning: ${sentence}`));
  await ensureRunning({ runtime, instance, command, directory, env, onProgress, service });
  if (found === undefined) return;
  await openRoots(local, [...new Set([...roots, ...ownFolder()])]);
  if (!isQuiet && forwarded.length > 0)
    say(`warning: ${KEEPS}, ${namesOf(forwarded)} would count after \`hearth service install\``);
}

const KEEPS = "The service has its own settings; here";

function namesOf(forwarded: readonly string[]): string {
  return forwarded.filter((word) => word.startsWith("--")).join(", ");
}

async function openRoots(local: LocalServer, roots: readonly string[]): Promise<void> {
  if (roots.length === 0) return;
  const client = new HearthClient(async () => connectLocalServer(local, { autoStart: false }));
  await client.json({ method: "POST", path: "/api/control/roots", body: JSON.stringify({ roots }) });
}

/** Makes a running server one started by hand, with further roots. */
async function takeOver(
  local: LocalServer,
  health: HearthHealth,
  named: readonly string[],
  flags: StartFlags,
  log: ConsolaInstance,
): Promise<void> {
  const roots = [...new Set([...named, ...ownFolder()])];
  await openRoots(local, roots);
  const unused = namesOf(forwardedFlags({ ...flags }));
  if (unused !== "") log.warn(`It keeps its settings; ${unused} would count after \`hearth restart\``);
  if (flags.json === true) return tellRecord(local);
  log.success(`The server was running already (pid ${health.pid})`);
  for (const root of roots) log.info(`It may now be asked for files below ${root}`);
  tellTcpProblem(readRecord(local.instance.recordPath), log);
}

/** Says which server answers now, and where. */
export async function tellStarted(
  local: LocalServer,
  flags: StartFlags,
  log: ConsolaInstance,
): Promise<void> {
  if (flags.json === true) return tellRecord(local);
  const record = readRecord(local.instance.recordPath);
  if (record === undefined) return void log.success("The server answers");
  log.success(`The server answers on ${addressText(record)} (pid ${record.pid})`);
  tellRoots(record.roots, log);
  tellTcpProblem(record, log);
}

function tellTcpProblem(record: InstanceRecord | undefined, log: ConsolaInstance): void {
  if (record?.tcpProblem === undefined) return;
  log.warn(`It listens on no TCP port: ${record.tcpProblem}. Stop that program, then run: hearth restart`);
}

function tellRecord(local: LocalServer): void {
  printData(`${JSON.stringify(readRecord(local.instance.recordPath) ?? {})}\n`);
}

/** As at a fresh start: the folder that one starts a server in is its root; the home folder and `/` only when they are named. */
function ownFolder(): string[] {
  const here = process.cwd();
  return here === homedir() || here === "/" ? [] : [here];
}

function tellProgress(elapsedMs: number): void {
  say(`starting, ${(elapsedMs / 1000).toFixed(1)} s`);
}
