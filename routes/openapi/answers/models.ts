import * as v from "valibot";
import type { ModelFacts } from "../../../src/models/model-facts.ts";
import { amount, count, EpochSeconds, named, said, success } from "./parts.ts";

const STATES = ["stopped", "starting", "ready", "draining", "stopping", "failed"] as const;

const Facts = v.object({
  id: v.string(),
  state: v.picklist(STATES),
  pid: v.nullable(v.number()),
  url: said(v.nullable(v.string()), "Where its server listens"),
  memoryBytes: v.nullable(v.number()),
  inFlight: count("Requests that it answers now"),
  queued: count("Requests that wait for it"),
  pinned: said(v.boolean(), "Kept, unused or in the way"),
  lastUsed: v.nullable(EpochSeconds),
  ttlLeftSeconds: said(
    v.nullable(v.number()),
    "Until it is unloaded for want of use; null: never, or not loaded",
  ),
  starts: count("Since hearth's own start"),
  failures: count("In a row"),
  reason: said(v.nullable(v.string()), "Of the last failure"),
  retryInSeconds: said(v.nullable(v.number()), "Until it may be started again after failures"),
  loadMs: said(v.nullable(v.number()), "Milliseconds that its last start took"),
  name: v.nullable(v.string()),
  description: v.nullable(v.string()),
  aliases: v.array(v.string()),
}) satisfies v.GenericSchema<unknown, ModelFacts>;

export const Model = v.pipe(Facts, named("Model"));

export const ModelsAnswer = success({ models: v.array(Model) });

export const ModelAnswer = success({
  model: said(v.nullable(Model), "null: the config has lost it meanwhile"),
});

export const ModelLogsAnswer = success({
  id: v.string(),
  lines: said(v.array(v.string()), "Oldest first, without line ends"),
});

export const ModelEvent = v.object({
  model: v.string(),
  state: v.picklist(STATES),
  time: EpochSeconds,
  reason: v.optional(v.string()),
});

/** As OpenAI's API lists models, with llama-swap's additions. */
const ListedModel = v.pipe(
  v.object({
    id: v.string(),
    object: v.literal("model"),
    created: said(v.number(), "The same for all: nothing is known of it"),
    owned_by: said(v.string(), "`hearth`, or the peer that has it"),
    name: v.optional(v.string()),
    description: v.optional(v.string()),
    capabilities: v.optional(v.unknown()),
    meta: v.optional(
      said(v.object({ llamaswap: v.unknown() }), "`metadata` of the config, as llama-swap tells it"),
    ),
  }),
  named("ListedModel"),
);

export const ListedModelAnswer = ListedModel;

export const ListedModelsAnswer = v.object({ object: v.literal("list"), data: v.array(ListedModel) });

/** llama-swap's. */
export const RunningAnswer = v.object({
  running: v.array(
    v.object({
      model: v.string(),
      state: v.picklist(["starting", "ready", "stopping"]),
      cmd: v.string(),
      proxy: v.string(),
      ttl: amount("Seconds"),
      name: v.string(),
      description: v.string(),
    }),
  ),
});

export const CommandAnswer = success({
  command: said(v.array(v.string()), "Its words, with the port that it would have"),
  env: said(v.record(v.string(), v.string()), "What is added to the environment"),
  path: said(v.string(), "The PATH that its program is searched along"),
  program: said(v.nullable(v.string()), "The program's file"),
  template: said(v.array(v.string()), "The words as the config has them, without a port"),
  missing: said(v.nullable(v.string()), "Why there is none"),
});
