import { HearthError } from "../errors.ts";
import type { ProcessIdentity, Runtime } from "../runtime/types.ts";
import { askHealth } from "./health.ts";
import type { Instance } from "./instance.ts";
import { type InstanceRecord, readRecord } from "./record.ts";

/** The living process that an instance's record is about; undefined when that is gone, whoever has its number by now. */
export async function recordedProcess(
  runtime: Runtime,
  { recordPath }: Instance,
): Promise<{ readonly record: InstanceRecord; readonly identity: ProcessIdentity } | undefined> {
  const record = readRecord(recordPath);
  const identity = record === undefined ? undefined : await runtime.identify(record.pid);
  if (record === undefined || identity?.startedAt !== record.startedAt) return undefined;
  return identity === undefined ? undefined : { record, identity };
}

/** Looks whether the server answers nobody at all, which is more than being slow with one request: then, what to say. */
export async function findSilence(runtime: Runtime, instance: Instance): Promise<HearthError | undefined> {
  const answer = await askHealth(runtime, { socketPath: instance.socketPath });
  return answer.kind === "silent" ? await silentServer(runtime, instance) : undefined;
}

/** What to say of a server that takes connections and gives no answer: `response-timeout`. */
export async function silentServer(runtime: Runtime, instance: Instance): Promise<HearthError> {
  const found = await recordedProcess(runtime, instance);
  if (found === undefined) {
    return new HearthError(
      "response-timeout",
      `What listens on ${instance.socketPath} does not answer, and is no server that hearth knows of`,
      { hint: "Find and end that process, for example with `lsof -U`." },
    );
  }
  const { pid } = found.identity;
  return new HearthError("response-timeout", `The server (pid ${pid}) does not answer`, {
    hint: `\`hearth stop\` ends it. If it was only suspended (Ctrl-Z), it goes on with: kill -CONT ${pid}`,
  });
}
