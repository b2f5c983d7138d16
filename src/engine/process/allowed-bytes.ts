import { totalmem } from "node:os";
import { MAX_OPEN_RESULTS, MAX_SLOTS } from "../slots.ts";

/** The process with the engine loaded, results on their way out, and what the allocator keeps for later. */
const BASE_BYTES = 512 << 20;

/** Of the memory limit of each call: the engine's own count leaves out what quantiles, lists and the like collect. */
const TOLERANCE = 2;

/** What may hold memory in the engine's process. */
export interface Load {
  /** Calls under way; those beyond the places wait, and hold none. */
  readonly calls: number;
  /** Results that are being read piece by piece. */
  readonly openResults: number;
  /** What one database may take. */
  readonly memoryLimitBytes: number;
}

/** Bytes that the process may take; never so much that the machine has little left. */
export function allowedBytes({ calls, openResults, memoryLimitBytes }: Load): number {
  const running = Math.min(Math.max(1, calls), MAX_SLOTS) * TOLERANCE;
  const shares = running + Math.min(openResults, MAX_OPEN_RESULTS);
  return Math.min(BASE_BYTES + shares * memoryLimitBytes, totalmem() * 0.75);
}
