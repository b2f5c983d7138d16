import * as v from "valibot";
import { amount, count, EpochSeconds, named, said, success } from "./parts.ts";
import { ModelEvent, Model } from "./models.ts";
import { CacheFacts, InFlight, RequestCounts, SessionCounts } from "./system.ts";

const EpochMilliseconds = amount("Milliseconds since 1970");

const REQUEST = {
  id: said(v.string(), "Its `x-request-id`"),
  method: v.string(),
  route: said(v.string(), "The pattern of its path"),
  caller: v.picklist(["owner", "guest"]),
};

const RunningRequest = v.object({ ...REQUEST, startedMs: EpochMilliseconds, model: v.optional(v.string()) });

const DoneRequest = v.pipe(
  v.object({
    ...REQUEST,
    status: count(
      "HTTP status; 499 where its caller left, that of the failure where the answer was broken off",
    ),
    endedMs: EpochMilliseconds,
    durationMs: amount("Until the answer had been sent whole, or was broken off"),
    headMs: amount("Until the answer's head was ready"),
    model: v.optional(v.string()),
    code: v.optional(said(v.string(), "hearth's name of the failure")),
    message: v.optional(v.string()),
    hint: v.optional(said(v.string(), "What its caller can do about it")),
  }),
  named("DoneRequest"),
);

export const ActivityAnswer = success({
  running: said(v.array(RunningRequest), "Oldest first"),
  recent: said(v.array(DoneRequest), "Newest first, at most 500; those that only look on are left out"),
});

const TimelineSlot = v.pipe(
  v.object({
    time: EpochSeconds,
    served: count("Answered below 400"),
    refused: count("Answered with 400 to 499"),
    failed: count("Answered with 500 and above"),
    p50Ms: v.nullable(v.number()),
    p99Ms: v.nullable(v.number()),
  }),
  named("TimelineSlot"),
);

export const TimelineAnswer = success({
  slots: said(v.array(TimelineSlot), "Of 10 seconds, oldest first; those without requests are left out"),
});

export const LogLine = v.pipe(
  v.objectWithRest(
    {
      time: said(v.string(), "ISO 8601"),
      level: v.picklist(["debug", "info", "warn", "error", "silent"]),
      event: said(v.string(), "`request`, with its figures, or `message`"),
      id: v.optional(said(v.string(), "The request that it is about")),
      message: v.optional(v.string()),
    },
    v.unknown(),
  ),
  named("LogLine"),
);

/** The data of each event of `/api/events`, by its name. */
export const EVENTS = {
  model: ModelEvent,
  pulse: v.object({
    memoryBytes: count("Of the process"),
    inFlight: v.optional(InFlight),
    requests: v.object(RequestCounts),
    leavesAt: said(v.nullable(v.number()), "Seconds since 1970; null: never by itself"),
    cache: CacheFacts,
    sessions: SessionCounts,
  }),
  "model-facts": v.array(Model),
  slot: TimelineSlot,
  activity: v.object({
    running: v.array(RunningRequest),
    done: v.array(DoneRequest),
    missed: count("Answered requests that are not in `done`"),
  }),
  log: v.object({
    lines: v.array(LogLine),
    missed: count("Lines that are not in `lines`"),
    isStart: said(v.boolean(), "They are what was written before"),
  }),
  output: v.object({ model: v.string(), lines: v.array(v.string()) }),
} as const satisfies Record<string, v.GenericSchema>;
