import type { HearthClient } from "../../client/client.ts";
import { HearthError } from "../../errors.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { summarize, type Summary } from "../statistics.ts";
import { type Arrival, runLoad } from "./load.ts";
import { measureRequest, type RequestTimes } from "./measure-request.ts";

/** Who is asked. */
export interface ServingTarget {
  /** For people. */
  readonly name: string;
  readonly client: HearthClient;
  /** The name that the server knows the model by. */
  readonly model: string;
  /** Makes the next request find the model cold; undefined: that can't be done here. */
  readonly unload?: (() => Promise<void>) | undefined;
}

export interface ServingOptions {
  readonly targets: readonly ServingTarget[];
  /** Default: one request at a time. */
  readonly arrivals?: readonly Arrival[];
  /** Requests for each target and arrival; default 20. */
  readonly requests?: number;
  /** Requests before the measurement; default 2. */
  readonly warmUps?: number;
  /** Words of the prompt; default 50. */
  readonly promptWords?: number;
  /** Longest answer in tokens; default 64. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string, share: number) => void;
}

/** One target under one arrival of requests; times in seconds. */
export interface ServingRow {
  readonly target: string;
  readonly arrival: Arrival;
  readonly requests: number;
  readonly errors: number;
  /** Each reason once, the most frequent first. */
  readonly errorReasons: readonly string[];
  readonly firstToken: Summary | null;
  /** Over requests: the time of each token behind the first. */
  readonly perToken: Summary | null;
  /** Over all gaps between pieces of answers. Pieces that come together make its median small; its p95 tells of pauses. */
  readonly betweenTokens: Summary | null;
  readonly total: Summary | null;
  readonly tokens: number;
  /** Of all requests together. */
  readonly tokensPerSecond: number;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

/** How fast models are served. Frozen. */
export interface ServingResult {
  readonly kind: "serving";
  /** ISO 8601. */
  readonly time: string;
  readonly rows: readonly ServingRow[];
  /** Seconds of a first request that had to load the model, by target; null: it can't be made cold from here. */
  readonly coldSeconds: Readonly<Record<string, number | null>>;
  readonly promptWords: number;
  readonly maxTokens: number;
  readonly machine: Machine;
  readonly isInterrupted: boolean;
}

const WORDS =
  "the quick brown fox jumps over a lazy dog while seven wizards brew strong coffee near old stone bridges".split(
    " ",
  );

/**
 * Measures time to the first token, time between tokens, and tokens a second, for each target and each arrival of requests.
 * Each target's warm-up comes right before its measurement. Failed requests are counted, and left out of the times.
 *
 * @throws HearthError `bench-failed` when a target answers none of its warm-up
 */
export async function runServingBenchmark(options: ServingOptions): Promise<ServingResult> {
  const {
    arrivals = [{ kind: "closed", concurrency: 1 }],
    maxTokens = 64,
    promptWords = 50,
    signal,
    targets,
  } = options;
  const { onProgress, requests = 20, warmUps = 2 } = options;
  const text = Array.from({ length: promptWords }, (_, i) => WORDS[i % WORDS.length]).join(" ");
  const isStopped = () => signal?.aborted === true;
  const rows: ServingRow[] = [];
  const coldSeconds: Record<string, number | null> = {};
  const steps = targets.length * arrivals.length;
  for (const target of targets) {
    const ask = (dueMs: number) =>
      measureRequest(target.client, { model: target.model, text, maxTokens }, dueMs, signal);
    onProgress?.(`${target.name}: loading`, rows.length / steps);
    coldSeconds[target.name] = await coldStart(target, ask);
    for (const arrival of arrivals) {
      if (isStopped()) break;
      onProgress?.(`${target.name}: ${arrivalText(arrival)}`, rows.length / steps);
      await warmUp(target, warmUps, ask);
      const row = await measure(target, arrival, requests, ask, signal);
      // What was cut off tells nothing of the server.
      if (!isStopped()) rows.push(row);
    }
  }
  return Object.freeze({
    kind: "serving" as const,
    time: new Date().toISOString(),
    rows,
    coldSeconds,
    promptWords,
    maxTokens,
    machine: describeMachine(),
    isInterrupted: rows.length < steps,
  });
}

/** How requests come, for people. */
export function arrivalText(arrival: Arrival): string {
  return arrival.kind === "closed" ? `${arrival.concurrency} at a time` : `${arrival.perSecond} a second`;
}

type Ask = (dueMs: number) => Promise<RequestTimes>;

async function coldStart({ unload }: ServingTarget, ask: Ask): Promise<number | null> {
  if (unload === undefined) return null;
  await unload();
  return (await ask(performance.now())).firstToken;
}

/** A single failure is no reason to measure nothing; a server that answers none of them is. */
async function warmUp({ name }: ServingTarget, count: number, ask: Ask): Promise<void> {
  const failures: unknown[] = [];
  for (let i = 0; i < count; i += 1)
    await ask(performance.now()).catch((error: unknown) => failures.push(error));
  if (count === 0 || failures.length < count) return;
  const [cause] = failures;
  if (cause instanceof HearthError) throw cause;
  throw new HearthError("bench-failed", `${name} does not answer: ${(cause as Error).message}`, { cause });
}

async function measure(
  { name }: ServingTarget,
  arrival: Arrival,
  count: number,
  ask: Ask,
  signal: AbortSignal | undefined,
): Promise<ServingRow> {
  const { outcomes, seconds } = await runLoad(count, arrival, ask, signal);
  const times = outcomes.flatMap((outcome) => (outcome.isAnswered ? outcome.value : []));
  const reasons = outcomes.flatMap((outcome) => (outcome.isAnswered ? [] : outcome.reason));
  const tokens = times.reduce((sum, one) => sum + one.tokens, 0);
  return {
    target: name,
    arrival,
    requests: outcomes.length,
    errors: reasons.length,
    errorReasons: byFrequency(reasons),
    firstToken: summarize(times.map(({ firstToken }) => firstToken)) ?? null,
    perToken: summarize(times.flatMap(({ perToken }) => perToken ?? [])) ?? null,
    betweenTokens: summarize(times.flatMap(({ gaps }) => gaps)) ?? null,
    total: summarize(times.map(({ total }) => total)) ?? null,
    tokens,
    tokensPerSecond: tokens / seconds,
    requestsPerSecond: times.length / seconds,
    seconds,
  };
}

function byFrequency(reasons: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([reason]) => reason);
}
