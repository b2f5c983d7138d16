import { Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { RunningRequest } from "../src/insight/activity.ts";
import type { Insight } from "../src/insight/insight.ts";
import type { HearthEnv } from "./context.ts";

/** What runs and what ran; running requests can be cancelled. */
export function activityRoutes({ activity, timeline }: Insight) {
  return new Hono<HearthEnv>()
    .get("/api/timeline", (c) => c.json({ status: "success" as const, slots: timeline.slots() }))
    .get("/api/activity", (c) => {
      const running = activity.running().map(runningFacts);
      return c.json({ status: "success" as const, running, recent: activity.recent() });
    })
    .post("/api/activity/cancel/:id", (c) => {
      const id = c.req.param("id");
      if (!activity.cancel(id)) {
        throw new HearthError("request-unknown", `No request "${id.slice(0, 64)}" is running`, {
          hint: "It may have ended by itself.",
        });
      }
      return c.json({ status: "success" as const, message: `Request ${id} was asked to end` });
    });
}

/** A running request as it goes over the wire. */
export function runningFacts({ caller, id, method, model, route, startedMs }: RunningRequest) {
  return { id, method, route, caller, startedMs, model: model() };
}
