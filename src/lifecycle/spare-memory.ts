import type { Runtime } from "../runtime/types.ts";
import type { InFlight } from "./in-flight.ts";

/** Bytes beyond what was left the last time from which releasing is worth its pause. */
const WORTH_BYTES = 64 * 2 ** 20;

/**
 * Gives memory back when the work is over: engines collect garbage as they allocate, so a server that read large files
 * and is asked for nothing more would hold their rest for hours. To be called from time to time; it does something only
 * when nothing ran since the last call, and the process has grown.
 */
export function createMemoryRelease(
  runtime: Pick<Runtime, "residentBytes" | "releaseMemory">,
  inFlight: Pick<InFlight, "active" | "lastUseMs">,
): () => Promise<void> {
  let leftBytes = runtime.residentBytes();
  let seenMs = inFlight.lastUseMs;
  let isReleased = true;
  return async () => {
    const isQuiet = inFlight.active === 0 && inFlight.lastUseMs === seenMs;
    if (!isQuiet) {
      seenMs = inFlight.lastUseMs;
      isReleased = false;
      return;
    }
    if (isReleased) return;
    isReleased = true;
    if (runtime.residentBytes() < leftBytes + WORTH_BYTES) return;
    await runtime.releaseMemory();
    leftBytes = runtime.residentBytes();
  };
}
