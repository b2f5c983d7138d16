import { totalmem } from "node:os";
import { Hono, type TypedResponse } from "hono";
import type { Hearth, SystemInfo } from "../src/hearth.ts";
import { ProcessorLoad } from "../src/insight/processor-load.ts";
import { LYNGUINE_VERSION } from "../src/version.ts";
import type { HearthEnv } from "./context.ts";
import { ENDPOINTS } from "./endpoints.ts";

/** Ping, health and status: what lynguine's tools and hearth's own command line ask first. */
export function systemRoutes(hearth: Hearth, info: SystemInfo) {
  const load = new ProcessorLoad();
  const health = () => ({
    status: "ok" as const,
    server: "lynguine-server-poc",
    version: LYNGUINE_VERSION,
    hearth: info.identity(),
  });

  return new Hono<HearthEnv>()
    .get("/api/ping", pong)
    .post("/api/ping", pong)
    .get("/api/health", (c) => c.json(health()))
    .post("/api/health", (c) => c.json(health()))
    .get("/api/status", (c) => c.json(statusAnswer(hearth, info, load)))
    .post("/api/status", (c) => c.json(statusAnswer(hearth, info, load)));
}

const PONG = { status: "ok", message: "pong" } as const;
const PONG_TEXT = JSON.stringify(PONG);
const JSON_INIT = { headers: { "content-type": "application/json" } };

/** Written out once: on Bun `c.json` costs a fifth of this whole request. */
function pong(): Response & TypedResponse<typeof PONG, 200, "json"> {
  return new Response(PONG_TEXT, JSON_INIT) as Response & TypedResponse<typeof PONG, 200, "json">;
}

/** Embedded without reader processes, files are read in the program itself. */
const NO_READERS = { running: 0, busy: 0, waiting: 0 };

/** lynguine's status (contract section 2), with hearth's own under `hearth`. */
function statusAnswer(hearth: Hearth, info: SystemInfo, load: ProcessorLoad) {
  const { uptimeSeconds, residentBytes, idleTimeout, hearth: own } = info.status();
  return {
    status: "ok" as const,
    server: "lynguine-server" as const,
    version: LYNGUINE_VERSION,
    pid: process.pid,
    uptime_seconds: uptimeSeconds,
    endpoints: ENDPOINTS.filter(({ tag }) => tag !== "control").map(
      ({ method, path }) => `${method.toUpperCase()} ${path}`,
    ),
    idle_timeout: idleTimeout,
    memory: {
      rss_mb: Math.round((residentBytes / 1024 / 1024) * 100) / 100,
      percent: Math.round((residentBytes / totalmem()) * 10_000) / 100,
    },
    cpu_percent: load.percent(),
    hearth: {
      ...own,
      cache: hearth.data.stats(),
      sessions: hearth.sessions.stats(),
      readers: hearth.readers?.counts() ?? NO_READERS,
      models: modelCounts(hearth),
    },
  };
}

function modelCounts(hearth: Hearth) {
  const running = hearth.loadedModels()?.pool.list() ?? [];
  return {
    count: hearth.modelsConfig().models.size,
    loaded: running.filter(({ state }) => state === "ready" || state === "draining").length,
  };
}
