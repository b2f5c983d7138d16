import * as v from "valibot";
import { amount, count, named, said } from "./parts.ts";

export const PingAnswer = v.object({ status: v.literal("ok"), message: v.literal("pong") });

/** Of a server; embedded in a program there are no `id` and no `startedHow`. */
const IDENTITY = {
  version: said(v.string(), "hearth's own"),
  protocol: count("Of hearth's client and server"),
  runtime: said(v.string(), "With its version, such as `bun 1.4.0`"),
  instance: said(v.nullable(v.string()), "null: embedded in a program"),
  id: v.optional(v.string()),
  pid: count("Process"),
  startedHow: v.optional(said(v.picklist(["auto", "by-hand"]), "auto: by a client that found no server")),
  config: said(v.nullable(v.string()), "The config file in use"),
  directory: said(
    v.nullable(v.string()),
    "Where guests' relative paths start; null where that is the first root",
  ),
};

export const HealthAnswer = v.object({
  status: v.literal("ok"),
  server: said(v.literal("lynguine-server-poc"), "The name that lynguine's tools look for"),
  version: said(v.string(), "The lynguine release whose wire this is"),
  hearth: v.pipe(v.object(IDENTITY), named("Identity")),
});

export const Latency = v.pipe(
  v.object({
    count: count("Requests"),
    p50Ms: v.optional(amount("Milliseconds; absent before the first")),
    p99Ms: v.optional(amount("Milliseconds; absent before the first")),
  }),
  named("Latency"),
);

export const InFlight = v.object({
  active: count("Running requests"),
  kept: v.optional(count("Loaded models, which keep the server up and are not requests")),
  watching: count("Those that only look on"),
});

export const RequestCounts = {
  served: count("Answered below 400"),
  refused: count("Answered with 400 to 499"),
  failed: count("Answered with 500 and above"),
  latency: Latency,
};

export const CacheFacts = v.object({
  entries: count("Tables"),
  bytes: count("Of these and of kept answers"),
  limit: count("Bytes"),
  hits: count("Since the start"),
  misses: count("Since the start"),
});

export const SessionCounts = v.object({ count: count("Sessions"), bytes: count("Of all") });

const Idle = v.object({
  timeoutSeconds: amount("0: never leaves"),
  idleSeconds: amount("Since the last request ended"),
  remainingSeconds: said(v.nullable(v.number()), "null: never leaves"),
});

export const StatusAnswer = v.object({
  status: v.literal("ok"),
  server: v.literal("lynguine-server"),
  version: v.string(),
  pid: count("Process"),
  uptime_seconds: amount("Since the start"),
  endpoints: said(v.array(v.string()), "Method and path of each"),
  idle_timeout: v.union([
    v.object({ enabled: v.literal(false) }),
    v.object({
      enabled: v.literal(true),
      timeout_seconds: amount("Without requests, after which it leaves"),
      idle_seconds: amount("Since the last request ended"),
      remaining_seconds: v.number(),
    }),
  ]),
  memory: v.object({ rss_mb: amount("MiB in memory"), percent: amount("Of the machine's") }),
  cpu_percent: amount("Processor time since the last such request; 100 is one core"),
  hearth: v.object({
    ...IDENTITY,
    host: v.optional(v.string()),
    port: v.optional(said(v.nullable(v.number()), "null: it listens on none")),
    tcpProblem: v.optional(
      said(
        v.nullable(v.string()),
        "Why it listens on no port although it should; null when nothing is wrong",
      ),
    ),
    socket: v.optional(said(v.nullable(v.string()), "The Unix socket for guests")),
    startedTime: v.optional(said(v.string(), "ISO 8601")),
    uptimeSeconds: v.optional(v.number()),
    memoryBytes: v.optional(v.number()),
    idle: v.optional(Idle),
    inFlight: v.optional(InFlight),
    requests: v.object({ ...RequestCounts, routes: said(v.record(v.string(), Latency), "By route") }),
    roots: v.optional(said(v.array(v.string()), "Folders that guests may reach")),
    keptSettings: v.optional(
      said(
        v.nullable(
          v.object({
            since: said(v.string(), "When the settings in force were taken, in ISO 8601"),
            settings: said(
              v.array(v.string()),
              "Those that wait for a restart; empty: nothing of the config was taken",
            ),
            reason: v.string(),
            hint: v.string(),
          }),
        ),
        "Why the server does not go by its config as it is now; null while it does",
      ),
    ),
    droppedLogLines: v.optional(count("Lines of the log that could not be written")),
    cache: CacheFacts,
    sessions: SessionCounts,
    readers: v.object({
      running: count("Reader processes"),
      busy: count("Of these, those that read"),
      waiting: count("Reads that wait for one"),
    }),
    models: v.object({ count: count("In the config"), loaded: count("Of these") }),
  }),
});
