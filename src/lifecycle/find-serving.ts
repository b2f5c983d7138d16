import { lstatSync } from "node:fs";
import type { Runtime } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import type { HearthHealth } from "./health.ts";
import type { Instance } from "./instance.ts";
import { recordedProcess } from "./silent-server.ts";

/**
 * The server at the owner's socket of an instance, also one that has not come to answer yet, or is too busy to; undefined
 * without one, and while one leaves.
 */
export async function findServing(runtime: Runtime, instance: Instance): Promise<HearthHealth | undefined> {
  if (lstatSync(instance.socketPath, { throwIfNoEntry: false }) === undefined) return undefined;
  const answer = await askHealth(runtime, { socketPath: instance.socketPath });
  if (answer.kind === "hearth") return answer.health;
  return answer.kind === "silent" ? await recordedHealth(runtime, instance) : undefined;
}

/** A server of ours that gives no answer: its record, in our own folder, can't be made up. */
export async function recordedHealth(
  runtime: Runtime,
  instance: Instance,
  port?: number,
): Promise<HearthHealth | undefined> {
  const found = await recordedProcess(runtime, instance);
  if (found === undefined || (port !== undefined && found.record.port !== port)) return undefined;
  const { pid, protocol, startedHow, version } = found.record;
  const { id, key } = instance;
  return { version, protocol, instance: key, id, pid, startedHow };
}
