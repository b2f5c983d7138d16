import type { FaultCode } from "../../errors.ts";
import type { GroupConfig, MatrixConfig } from "../config/types.ts";

/** What the scheduler knows of a model's configuration. Times in milliseconds. */
export interface SchedulerModel {
  readonly id: string;
  /** Time without use until it is unloaded; 0: never. */
  readonly ttlMs: number;
  /** Requests at a time; 0: no limit. */
  readonly concurrencyLimit: number;
  /** Requests that may wait. */
  readonly queueLimit: number;
  /** Longest wait; 0: no limit. */
  readonly queueTimeoutMs: number;
  /** Declared memory. */
  readonly memoryBytes: number | undefined;
  /** A higher one is loaded first. */
  readonly priority: number;
}

export interface SchedulerConfig {
  readonly models: ReadonlyMap<string, SchedulerModel>;
  readonly groups: readonly GroupConfig[];
  readonly matrix: MatrixConfig | undefined;
  /** Models that are loaded at the start, and again once there is place. */
  readonly preload: readonly string[];
  /** Longest time that a loaded model in use keeps others waiting. */
  readonly fairnessMs: number;
  /** For all models together; undefined: no limit. */
  readonly memoryBudgetBytes: number | undefined;
}

/**
 * Where a model is: `stopped -> starting -> ready -> draining -> stopping -> stopped`, and `failed` when it could not be
 * started or ended by itself. Draining takes no further requests and ends with the last running one.
 */
export type ModelState = "stopped" | "starting" | "ready" | "draining" | "stopping" | "failed";

/** What happened. */
export type SchedulerEvent =
  /** Somebody wants to use a model; `id` names the request from now on. */
  | { readonly type: "request"; readonly id: number; readonly model: string }
  /** A waiting request is not wanted any more. */
  | { readonly type: "cancelled"; readonly id: number }
  /** A dispatched request has ended. */
  | { readonly type: "finished"; readonly id: number }
  | { readonly type: "ready"; readonly model: string }
  | { readonly type: "start-failed"; readonly model: string; readonly reason: string }
  /** It ended by itself; what is left of it has been cleared away. */
  | { readonly type: "exited"; readonly model: string; readonly reason: string }
  | { readonly type: "stopped"; readonly model: string }
  /** Somebody wants it loaded, whether or not it failed before. */
  | { readonly type: "load"; readonly model: string }
  | { readonly type: "unload"; readonly model: string }
  /** A pinned model is neither unloaded when unused nor to make place. */
  | { readonly type: "pin"; readonly model: string; readonly isPinned: boolean }
  | { readonly type: "measured"; readonly model: string; readonly memoryBytes: number }
  /** `restart` names the models whose server has to be another one. */
  | { readonly type: "configure"; readonly config: SchedulerConfig; readonly restart: ReadonlySet<string> }
  /** Nothing new is taken; what waits is refused, what starts is stopped. */
  | { readonly type: "shutdown" }
  /** Time has passed. */
  | { readonly type: "tick" };

/** Why a model is stopped. */
export type StopReason = "ttl" | "swap" | "memory" | "request" | "config" | "shutdown" | "unwanted";

/** What is to be done. */
export type Decision =
  | { readonly type: "start"; readonly model: string }
  | { readonly type: "stop"; readonly model: string; readonly reason: StopReason }
  | { readonly type: "dispatch"; readonly id: number; readonly model: string }
  | {
      readonly type: "reject";
      readonly id: number;
      readonly model: string;
      readonly code: FaultCode;
      readonly message: string;
      /** When to try again. */
      readonly retryAfterMs: number;
    };

/** A model as people see it. */
export interface ModelView {
  readonly id: string;
  readonly state: ModelState;
  readonly inFlight: number;
  readonly queued: number;
  readonly isPinned: boolean;
  /** Declared, else measured, else unknown. */
  readonly memoryBytes: number | undefined;
  /** By the scheduler's clock; undefined: never. */
  readonly lastUsedMs: number | undefined;
  readonly readySinceMs: number | undefined;
  /** Until it is unloaded, when nobody asks; undefined: never. */
  readonly ttlLeftMs: number | undefined;
  readonly starts: number;
  /** In a row. */
  readonly failures: number;
  /** Why it failed last. */
  readonly reason: string | undefined;
  /** When it may be tried again; undefined: at once. */
  readonly retryInMs: number | undefined;
}
