import type { Machine } from "../machine.ts";
import type { Summary } from "../statistics.ts";
import type { Judgement, VerdictBounds } from "./verdict.ts";

/** Where the times of iterations come from, the best first. */
export type TimeSource = "callback" | "old-output" | "arrival-of-lines";

/** One iteration of a training. */
export interface Iteration {
  readonly iteration: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly loss: number;
  /** Why it does not count; undefined: it does. */
  readonly leftOut: "warm-up" | "validation" | undefined;
}

/** What a training benchmark found; frozen. */
export interface BenchmarkResult {
  readonly kind: "training";
  /** ISO 8601. */
  readonly time: string;
  readonly model: string;
  readonly settings: {
    readonly iterations: number;
    readonly batchSize: number;
    /** Layers that were trained; null: unknown. */
    readonly layers: number | null;
    readonly maxSequenceLength: number;
    /** null: made-up chats. */
    readonly data: string | null;
  };
  /** Of the iterations that count; null: there was none. */
  readonly secondsPerIteration: Summary | null;
  readonly tokensPerSecond: Summary | null;
  readonly timeSource: TimeSource;
  readonly iterations: readonly Iteration[];
  readonly loadSeconds: number | null;
  /** From the process's start to its end. */
  readonly totalSeconds: number;
  readonly peakMemory: {
    /** By the array library's own count, device buffers included; null: this version doesn't tell. */
    readonly trainingBytes: number | null;
    /** The most that the process and its children were resident with, interpreter and libraries included. */
    readonly residentBytes: number | null;
  };
  readonly judgement: Judgement | null;
  readonly bounds: VerdictBounds;
  /** Seconds that so many iterations would take, loading left out. */
  readonly projection: { readonly 100: number; readonly 1000: number } | null;
  readonly versions: Readonly<Record<string, string | null>>;
  readonly machine: Machine;
  /** It was ended before it was complete. */
  readonly isInterrupted: boolean;
}
