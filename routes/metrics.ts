import { type Context, Hono } from "hono";
import { accepts } from "hono/accepts";
import type { Hearth, SystemInfo } from "../src/hearth.ts";
import type { ModelFacts } from "../src/metrics/model-samples.ts";
import { ModelCounts } from "../src/models/model-counts.ts";
import { rightsNameOf } from "../src/models/resolve-name.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { mayUse } from "./key-access.ts";

const OPENMETRICS = "application/openmetrics-text";

/** What monitoring systems scrape. Looking at it loads no model, nor what runs them. */
export function metricsRoutes(hearth: Hearth, info: SystemInfo) {
  return new Hono<HearthEnv>().get("/metrics", async (c) => {
    const { METRICS_TYPES, modelSamples, renderMetrics, serverSamples } =
      await import("../src/metrics/index.ts");
    const cache = hearth.data.stats();
    const samples = {
      ...serverSamples(info.metrics(), { cache, sessions: hearth.sessions.stats() }),
      ...modelSamples(modelsFor(hearth, c)),
    };
    const format = formatFor(c);
    return c.body(renderMetrics(samples, format), 200, { "content-type": METRICS_TYPES[format] });
  });
}

function formatFor(c: Context<HearthEnv>): "openmetrics" | "text" {
  const type = accepts(c, { header: "Accept", supports: ["text/plain", OPENMETRICS], default: "text/plain" });
  return type === OPENMETRICS ? "openmetrics" : "text";
}

/** The models that this key may use, and those of peers that were asked for. */
function modelsFor(hearth: Hearth, c: Context<HearthEnv>): readonly ModelFacts[] {
  const { access } = contextOf(c);
  const config = hearth.modelsConfig();
  const pool = hearth.loadedModels()?.pool;
  const facts: readonly ModelFacts[] =
    pool?.list().map((view) => ({ id: view.id, view, counts: pool.counts.of(view.id) })) ??
    [...config.models.keys()].map((id) => ({ id, view: UNTOUCHED, counts: new ModelCounts() }));
  const isPeers = (id: string) => !config.models.has(id) && config.peerModels.has(id);
  const peers = pool?.counts.entries().filter(([id]) => isPeers(id)) ?? [];
  return [...facts, ...peers.map(([id, counts]) => ({ id, view: undefined, counts }))].filter(({ id }) =>
    mayUse(access, rightsNameOf(config, id)),
  );
}

/** A model before anybody asked for any. */
const UNTOUCHED = { state: "stopped", memoryBytes: undefined, inFlight: 0, queued: 0, starts: 0 } as const;
