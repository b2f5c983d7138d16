import { lstatSync } from "node:fs";
import { HearthError } from "../errors.ts";
import type { Runtime } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import type { Instance } from "./instance.ts";
import { readRecord } from "./record.ts";
import type { InstanceRecord } from "./record.ts";
import { recordedProcess } from "./silent-server.ts";

/** The server's own grace period, and what it needs besides. */
const PATIENCE_MS = 15_000;
const FORCED_PATIENCE_MS = 5000;
const POLL_MS = 20;

export interface StopOptions {
  readonly runtime: Runtime;
  readonly instance: Instance;
  /** Stop only this process; when another one serves by now, that one stays, and the outcome is `not-running`. */
  readonly pid?: number;
  /** Kill it when it has not left in time. */
  readonly force?: boolean;
  /** Milliseconds that it gets to leave; default 15 s: its grace period and some. */
  readonly patienceMs?: number;
  /** Called about five times a second while waiting. */
  readonly onProgress?: (elapsedMs: number) => void;
}

/** What was done; after each of them no server of the instance runs. */
export type StopOutcome =
  | { readonly kind: "not-running" }
  | { readonly kind: "stopped" | "killed"; readonly pid: number };

/** The process to stop: never one that only happens to have a number that stands in a file. */
interface Target {
  readonly pid: number;
  readonly startedAt: string | undefined;
  /** It is draining already; a second signal would cut off what still runs. */
  readonly isLeaving: boolean;
}

/**
 * Stops the server of an instance: SIGTERM, and it drains; one that hangs is killed when its time is over. Comes back
 * only when the process and its address are gone. Never starts one. Throws `stop-failed` when a request still runs after
 * that time (and `force` isn't set) or it belongs to another user.
 */
export async function stopInstance(options: StopOptions): Promise<StopOutcome> {
  const { force, instance, patienceMs, runtime } = options;
  const record = readRecord(instance.recordPath);
  const target = await findTarget(runtime, instance);
  if (target === undefined || (options.pid !== undefined && target.pid !== options.pid))
    return { kind: "not-running" };
  if (!target.isLeaving) signal(target.pid, "SIGTERM");
  // A suspended process takes that only when it goes on.
  signal(target.pid, "SIGCONT");
  if (await isGone(options, target, patienceMs ?? PATIENCE_MS)) {
    await waitForAddress(runtime, instance, record);
    return { kind: "stopped", pid: target.pid };
  }
  if (!force && !(await answersNobody(runtime, instance))) {
    throw new HearthError("stop-failed", `The server (pid ${target.pid}) is still running a request`, {
      hint: "Wait for it, or end it at once with `hearth stop --force`.",
    });
  }
  signal(target.pid, "SIGKILL");
  if (!(await isGone(options, target, FORCED_PATIENCE_MS))) {
    throw new HearthError("stop-failed", `The process ${target.pid} does not end, even when killed`);
  }
  return { kind: "killed", pid: target.pid };
}

/** Who answers on the socket in our own folder is ours; who does not answer must be the very process of the record. */
async function findTarget(runtime: Runtime, instance: Instance): Promise<Target | undefined> {
  const answer = await askHealth(runtime, { socketPath: instance.socketPath });
  if (answer.kind === "hearth") {
    const identity = await runtime.identify(answer.health.pid);
    return { pid: answer.health.pid, startedAt: identity?.startedAt, isLeaving: false };
  }
  const found = await recordedProcess(runtime, instance);
  if (found === undefined) return undefined;
  // A server that leaves removes its socket's path first.
  const hasPath = lstatSync(instance.socketPath, { throwIfNoEntry: false }) !== undefined;
  return { ...found.identity, isLeaving: answer.kind === "stopping" || !hasPath };
}

/** It hangs: one that only waits for a request has closed its socket by now, or answers there. */
async function answersNobody(runtime: Runtime, { socketPath }: Instance): Promise<boolean> {
  return (await askHealth(runtime, { socketPath })).kind === "silent";
}

function signal(pid: number, name: "SIGTERM" | "SIGCONT" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "ESRCH") return;
    const isOthers = code === "EPERM";
    throw new HearthError(
      "stop-failed",
      isOthers ? `Process ${pid} belongs to another user` : `Process ${pid} could not be signalled`,
      { cause: error, ...(isOthers ? { hint: "That user, or the administrator, can stop it." } : {}) },
    );
  }
}

async function isGone(options: StopOptions, target: Target, limitMs: number): Promise<boolean> {
  const beganMs = performance.now();
  for (let polls = 0; ; polls++) {
    const identity = await options.runtime.identify(target.pid);
    if (identity === undefined || identity.startedAt !== target.startedAt) return true;
    const elapsedMs = performance.now() - beganMs;
    if (elapsedMs > limitMs) return false;
    if (polls % 10 === 9) options.onProgress?.(elapsedMs);
    await pause();
  }
}

/** A process that is gone has no address; but another that it started with its descriptors might still hold it. */
async function waitForAddress(
  runtime: Runtime,
  instance: Instance,
  record: InstanceRecord | undefined,
): Promise<void> {
  // Without TCP its port is not ours to knock at: a service manager that holds it would start the next server.
  const fixed = instance.portRule.kind === "fixed" ? instance.portRule.port : undefined;
  const port = record === undefined ? fixed : record.port;
  if (port === undefined) return;
  for (let polls = 0; polls < 50; polls++) {
    const answer = await askHealth(runtime, { host: instance.host, port });
    // Another server may have taken the address in the same moment: then the one that we stopped has left it.
    if (answer.kind !== "stopping" && answer.kind !== "broken") return;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
