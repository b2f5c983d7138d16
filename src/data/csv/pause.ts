import { setImmediate } from "node:timers";
import { HearthError } from "../../errors.ts";

/**
 * Lets everything else that waits have its turn, then goes on: called about every megabyte, it keeps a server answering
 * pings while it reads a large file. Throws the signal's reason once it is aborted, else `request-cancelled`.
 */
export async function pause(signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve) => setImmediate(() => resolve()));
  throwIfAborted(signal);
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof HearthError) throw signal.reason;
  throw new HearthError("request-cancelled", "The request was cancelled", { cause: signal.reason });
}
