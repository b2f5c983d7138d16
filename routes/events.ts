import { type Context, Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import { modelIdFor } from "./model-rights.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { type EventSource, eventStream, type ServerEvent } from "./event-stream.ts";
import { type EventParts, topicSource } from "./event-topics.ts";
import { needOutput, needRight } from "./need-right.ts";

/** What a stream of events can tell, and what it tells when nobody says. */
const TOPICS = ["models", "pulse", "activity", "logs"] as const;
const DEFAULT_TOPICS = "models";
type Topic = (typeof TOPICS)[number];

/** Everything that goes on, as one stream of events; a caller gets only what it may see. */
export function eventRoutes(parts: EventParts) {
  return new Hono<HearthEnv>().get("/api/events", async (c) => {
    const context = contextOf(c);
    const topics = topicsIn(c.req.query("topics") ?? DEFAULT_TOPICS);
    if (topics.has("activity") || topics.has("logs")) needRight(context, "admin");
    if (topics.has("logs") && parts.control === undefined) {
      throw new HearthError("not-supported", "This hearth has no log of its own", {
        hint: "Leave the topic logs out.",
      });
    }
    const sources = [...topics].map((topic) => topicSource(topic, parts, context));
    const model = c.req.query("output");
    if (model !== undefined) sources.push(await outputSource(parts.hearth, c, model));
    return eventStream({ start: (send) => startAll(sources, send) }, context);
  });
}

function startAll(sources: readonly EventSource[], send: (event: ServerEvent) => void): () => void {
  const ends = sources.map(({ start }) => start(send));
  return () => {
    for (const end of ends) end();
  };
}

function topicsIn(text: string): ReadonlySet<Topic> {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !TOPICS.includes(name as Topic));
  if (unknown === undefined) return new Set(names as Topic[]);
  throw new HearthError("request-invalid", `No topic is named "${unknown.slice(0, 40)}"`, {
    hint: `Topics are ${TOPICS.join(", ")}.`,
  });
}

/** What a model's server prints, beginning with its last lines. */
async function outputSource(hearth: Hearth, c: Context<HearthEnv>, name: string): Promise<EventSource> {
  needOutput(contextOf(c));
  const { pool } = await hearth.models();
  const model = modelIdFor(hearth, c, pool, name);
  const output = pool.outputOf(model);
  return {
    start(send) {
      send({
        event: "output",
        data: { model, lines: output.tail(OUTPUT_LINES).map((line) => line.trimEnd()) },
      });
      return output.follow((line) => send({ event: "output", data: { model, lines: [line.trimEnd()] } }));
    },
  };
}

const OUTPUT_LINES = 500;
