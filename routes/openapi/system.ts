import { answers, type DescribedByEndpoint, under } from "./described.ts";
import { HealthAnswer, PingAnswer, StatusAnswer } from "./answers/system.ts";

const IDENTITY = {
  version: "0.1.0",
  protocol: 1,
  instance: "default",
  id: "76goru3w",
  pid: 15_176,
  startedHow: "auto",
  runtime: "bun 1.4.0",
  config: null,
  directory: null,
};
const LATENCY = { count: 2, p50Ms: 0.41, p99Ms: 0.52 };

const COUNTER = `# HELP hearth_cache_hits_total Tables that were found in the cache
# TYPE hearth_cache_hits_total counter
hearth_cache_hits_total 3
`;

/** Ping, health, status, metrics. */
export const SYSTEM_ENDPOINTS: DescribedByEndpoint = {
  ...under(["get /api/ping", "post /api/ping"], {
    description: "Answered without a token too. It counts as use of the server.",
    answer: answers("It is", PingAnswer, { pong: { status: "ok", message: "pong" } }),
    errors: [],
    hasHead: true,
  }),
  ...under(["get /api/health", "post /api/health"], {
    description: "Answered without a token too. hearth's own stand under `hearth`.",
    answer: answers("Who it is", HealthAnswer, {
      health: { status: "ok", server: "lynguine-server-poc", version: "0.1.2", hearth: IDENTITY },
    }),
    errors: [],
    hasHead: true,
  }),
  ...under(["get /api/status", "post /api/status"], {
    answer: answers("How it stands", StatusAnswer, {
      status: {
        status: "ok",
        server: "lynguine-server",
        version: "0.1.2",
        pid: 15_176,
        uptime_seconds: 12.5,
        endpoints: ["GET /api/ping", "POST /api/read_data"],
        idle_timeout: { enabled: true, timeout_seconds: 300, idle_seconds: 0, remaining_seconds: 300 },
        memory: { rss_mb: 51.59, percent: 0.21 },
        cpu_percent: 1.4,
        hearth: {
          ...IDENTITY,
          host: "127.0.0.1",
          port: 8765,
          tcpProblem: null,
          startedTime: "2026-11-25T22:00:00.000Z",
          uptimeSeconds: 12.5,
          memoryBytes: 54_095_872,
          idle: { timeoutSeconds: 300, idleSeconds: 0, remainingSeconds: 300 },
          inFlight: { active: 1, watching: 0 },
          requests: { served: 2, refused: 0, failed: 0, latency: LATENCY, routes: { "/api/ping": LATENCY } },
          roots: ["/home/ann/project"],
          keptSettings: null,
          droppedLogLines: 0,
          cache: { entries: 1, bytes: 2048, limit: 268_435_456, hits: 3, misses: 1 },
          sessions: { count: 0, bytes: 0 },
          readers: { running: 1, busy: 0, waiting: 0 },
          models: { count: 2, loaded: 1 },
        },
      },
    }),
    errors: [],
  }),
  "get /metrics": {
    description:
      "Looked at, not used: it keeps no idle server. `Accept: application/openmetrics-text` gives OpenMetrics.",
    answer: {
      description: "All metrics of this moment",
      content: {
        "text/plain": { schema: { type: "string" }, examples: { counter: COUNTER } },
        "application/openmetrics-text": {
          schema: { type: "string" },
          examples: { counter: `${COUNTER}# EOF\n` },
        },
      },
    },
    errors: [],
    hasHead: true,
  },
};
