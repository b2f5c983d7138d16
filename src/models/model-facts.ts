import { withoutOutput } from "./failure-output.ts";
import type { ModelStatus } from "./pool.ts";

/** A model as `/api/models` tells it. */
export interface ModelFacts {
  readonly id: string;
  readonly state: string;
  readonly pid: number | null;
  readonly url: string | null;
  readonly memoryBytes: number | null;
  readonly inFlight: number;
  readonly queued: number;
  readonly pinned: boolean;
  /** Seconds since the epoch. */
  readonly lastUsed: number | null;
  readonly ttlLeftSeconds: number | null;
  readonly starts: number;
  readonly failures: number;
  readonly reason: string | null;
  readonly retryInSeconds: number | null;
  readonly loadMs: number | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly aliases: readonly string[];
}

/**
 * A status as it goes over the wire.
 *
 * @param seesOutput whether the reader may see what the model's server printed before it failed
 */
export function modelFacts(status: ModelStatus, seesOutput: boolean): ModelFacts {
  const { config, lastUsedMs, retryInMs, ttlLeftMs } = status;
  return {
    id: status.id,
    state: status.state,
    pid: status.pid ?? null,
    url: status.baseUrl ?? null,
    memoryBytes: status.memoryBytes ?? null,
    inFlight: status.inFlight,
    queued: status.queued,
    pinned: status.isPinned,
    lastUsed: lastUsedMs === undefined ? null : seconds(Date.now() - performance.now() + lastUsedMs),
    ttlLeftSeconds: ttlLeftMs === undefined ? null : seconds(ttlLeftMs),
    starts: status.starts,
    failures: status.failures,
    reason: reasonFor(status.reason, seesOutput) ?? null,
    retryInSeconds: retryInMs === undefined ? null : seconds(retryInMs),
    loadMs: status.loadMs ?? null,
    name: config.listing.name ?? null,
    description: config.listing.description ?? null,
    aliases: config.listing.aliases.map(({ id }) => id),
  };
}

/** Why a model failed, as a reader may see it. */
export function reasonFor(reason: string | undefined, seesOutput: boolean): string | undefined {
  return reason === undefined || seesOutput ? reason : withoutOutput(reason);
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
