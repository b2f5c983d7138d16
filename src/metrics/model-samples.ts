import type { ModelCounts } from "../models/model-counts.ts";
import type { ModelState, ModelView } from "../models/scheduler/types.ts";
import type { MetricName } from "./catalog.ts";
import type { Sample, Samples } from "./exposition.ts";

const STATES: readonly ModelState[] = ["stopped", "starting", "ready", "draining", "stopping", "failed"];

/** A model as it is now and what was counted of it. */
export interface ModelFacts {
  readonly id: string;
  /** How it stands; undefined: it is a peer's, of which only its answers are known. */
  readonly view: Pick<ModelView, "state" | "memoryBytes" | "inFlight" | "queued" | "starts"> | undefined;
  readonly counts: ModelCounts;
}

/** Samples of models, each with its id as label. */
export function modelSamples(models: readonly ModelFacts[]): Samples {
  const samples: Partial<Record<MetricName, Sample[]>> = {};
  const add = (name: MetricName, ...sample: Sample) => (samples[name] ??= []).push(sample);
  for (const { counts, id, view } of models) {
    if (view !== undefined) addView(add, id, view, counts);
    for (const [status, count] of counts.statuses.entries()) {
      add("hearth_model_requests_total", [id, String(status)], count);
    }
    add("hearth_model_time_to_first_token_seconds", [id], counts.firstToken);
    add("hearth_model_tokens_total", [id, "input"], counts.tokens.input);
    add("hearth_model_tokens_total", [id, "output"], counts.tokens.output);
  }
  return samples;
}

function addView(
  add: (name: MetricName, ...sample: Sample) => void,
  id: string,
  view: NonNullable<ModelFacts["view"]>,
  counts: ModelCounts,
): void {
  for (const state of STATES) add("hearth_model_state", [id, state], Number(view.state === state));
  if (view.memoryBytes !== undefined) add("hearth_model_memory_bytes", [id], view.memoryBytes);
  add("hearth_model_requests_in_flight", [id], view.inFlight);
  add("hearth_model_queue_length", [id], view.queued);
  add("hearth_model_queue_wait_seconds", [id], counts.queueWait);
  for (const [code, count] of counts.rejections.entries()) {
    add("hearth_model_rejections_total", [id, code], count);
  }
  add("hearth_model_starts_total", [id], view.starts);
  add("hearth_model_failures_total", [id, "start"], counts.failures.start);
  add("hearth_model_failures_total", [id, "running"], counts.failures.running);
  add("hearth_model_load_seconds", [id], counts.load);
  for (const [reason, count] of counts.unloads.entries()) {
    add("hearth_model_unloads_total", [id, reason], count);
  }
  add("hearth_model_swaps_total", [id], counts.unloads.of("swap") + counts.unloads.of("memory"));
}
