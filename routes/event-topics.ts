import type { Hearth, SystemInfo } from "../src/hearth.ts";
import type { DoneRequest } from "../src/insight/activity.ts";
import type { Insight } from "../src/insight/insight.ts";
import { lastOf, parseLogLine } from "../src/lifecycle/read-log.ts";
import type { StatisticsSummary } from "../src/lifecycle/statistics.ts";
import { modelFacts, reasonFor } from "../src/models/model-facts.ts";
import type { ServerControl } from "../src/server-control.ts";
import { runningFacts } from "./activity.ts";
import type { RequestContext } from "./request-context.ts";
import type { EventSource, ServerEvent } from "./event-stream.ts";
import { mayUse } from "./key-access.ts";

export interface EventParts {
  readonly hearth: Hearth;
  readonly info: SystemInfo;
  readonly insight: Insight;
  readonly control?: ServerControl | undefined;
}

type Send = (event: ServerEvent) => void;

/** How often it is looked whether something changed; nothing is sent where nothing did. */
const LOOK_MS = 1000;

/** Requests and lines that one event tells of; a person reads no more. */
const MOST_AT_ONCE = 200;

/** The source of one topic. */
export function topicSource(
  topic: "models" | "pulse" | "activity" | "logs",
  parts: EventParts,
  context: RequestContext,
): EventSource {
  const start = {
    models: (send: Send) => tellModels(parts.hearth, context, send),
    pulse: (send: Send) => tellPulse(parts, context, send),
    activity: (send: Send) => tellActivity(parts.insight, send),
    logs: (send: Send) => tellLogs(parts.control as ServerControl, send),
  }[topic];
  return { start };
}

/** Each change of a model's state. Models are looked for when there are any, now or after a changed config. */
function tellModels(hearth: Hearth, { access }: RequestContext, send: Send): () => void {
  let end: (() => void) | undefined;
  let isOver = false;
  const begin = async () => {
    const { pool } = await hearth.models();
    if (isOver) return;
    const visible = (id: string) => mayUse(access, id);
    for (const { id, state } of pool.list().filter(({ id }) => visible(id))) {
      send({ event: "model", data: { model: id, state, time: Date.now() / 1000 } });
    }
    end = pool.onEvent(({ model, reason, state, timeMs }) => {
      if (!visible(model)) return;
      const told = reasonFor(reason, access.seesOutput);
      send({ event: "model", data: { model, state, time: timeMs / 1000, reason: told } });
    });
  };
  let isBegun = false;
  const look = () => {
    if (isBegun || hearth.modelsConfig().models.size === 0) return;
    isBegun = true;
    clearInterval(timer);
    // It is a look at what runs already: what fails here is told to who asks for the models themselves.
    begin().catch(() => {});
  };
  const timer = setInterval(look, LOOK_MS);
  look();
  return () => {
    isOver = true;
    clearInterval(timer);
    end?.();
  };
}

/** The server's own figures, those of its models, and the last minutes; each sent when it changed. */
function tellPulse(
  { hearth, info, insight }: EventParts,
  { access }: RequestContext,
  send: Send,
): () => void {
  const sent = new Map<string, string>();
  const tell = (event: string, data: unknown, compared: unknown = data) => {
    const text = JSON.stringify(compared);
    if (sent.get(event) === text) return;
    sent.set(event, text);
    send({ event, data });
  };
  const look = () => {
    tell("pulse", pulseOf(hearth, info));
    const models = (hearth.loadedModels()?.pool.list() ?? [])
      .filter(({ id }) => mayUse(access, id))
      .map((status) => modelFacts(status, access.seesOutput));
    // The time that is left runs by itself, at the reader's too.
    const still = models.map((facts) => ({ ...facts, retryInSeconds: null, ttlLeftSeconds: null }));
    tell("model-facts", models, still);
    const slot = insight.timeline.latest();
    if (slot !== undefined) tell("slot", slot);
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}

/** What a page shows of the server all the time. Whatever would change by itself is given as a moment. */
function pulseOf(hearth: Hearth, info: SystemInfo) {
  const { hearth: own, idleTimeout, residentBytes } = info.status();
  const { inFlight, requests } = own as { inFlight?: unknown; requests: StatisticsSummary };
  const { failed, latency, refused, served } = requests;
  const { enabled } = idleTimeout;
  return {
    memoryBytes: Math.round(residentBytes / MEGABYTE) * MEGABYTE,
    inFlight,
    requests: { served, refused, failed, latency },
    leavesAt: enabled ? Math.round(Date.now() / 1000 + idleTimeout.remaining_seconds) : null,
    cache: hearth.data.stats(),
    sessions: hearth.sessions.stats(),
  };
}

const MEGABYTE = 1e6;

/** What runs, and what was answered since the last look. */
function tellActivity({ activity }: Insight, send: Send): () => void {
  let done: DoneRequest[] = [];
  let missed = 0;
  let running = "[]";
  const end = activity.follow((request) => {
    if (done.length < MOST_AT_ONCE) done.push(request);
    else missed += 1;
  });
  const look = () => {
    const now = JSON.stringify(activity.running().map(runningFacts));
    if (done.length === 0 && now === running) return;
    running = now;
    send({ event: "activity", data: { running: JSON.parse(now), done, missed } });
    done = [];
    missed = 0;
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    end();
  };
}

/** Lines that stand at the beginning. */
const LINES_BEFORE = 1000;

/** The last lines of the log, and all that are written from then on, some at a time. */
function tellLogs({ log }: ServerControl, send: Send): () => void {
  let lines: string[] = [];
  let missed = 0;
  const end = log.follow((line) => {
    if (lines.length < MOST_AT_ONCE) lines.push(line);
    else missed += 1;
  });
  // Read in one go with the beginning: no line is told twice, and none is missed.
  send({ event: "log", data: { lines: lastOf(log.read({}), LINES_BEFORE), missed: 0, isStart: true } });
  const timer = setInterval(() => {
    if (lines.length === 0) return;
    const records = lines.flatMap((line) => parseLogLine(line) ?? []);
    send({ event: "log", data: { lines: records, missed, isStart: false } });
    lines = [];
    missed = 0;
  }, LOOK_MS / 4);
  return () => {
    clearInterval(timer);
    end();
  };
}
