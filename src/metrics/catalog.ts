/** What `/metrics` says of one metric. */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram" | "info";
  readonly labels: readonly string[];
  readonly help: string;
  /** Bounds of a histogram's buckets: powers of two of a microsecond, ascending. */
  readonly exponents?: readonly number[];
}

/** 32 µs to 134 s. */
const REQUEST_BOUNDS = range(5, 27);
/** 1 ms to 17 min. */
const WAIT_BOUNDS = range(10, 30);
/** 65 ms to 17 min. */
const LOAD_BOUNDS = range(16, 30);

/** Every metric, once: the answer, its documentation and the dashboard are held to this. */
export const METRICS = {
  hearth_build_info: info(["version", "runtime"], "Version of hearth and the runtime that it runs on"),
  hearth_uptime_seconds: gauge([], "Time since this hearth began"),
  hearth_idle_timeout_seconds: gauge([], "Time without use after which the server leaves; 0: never"),
  hearth_idle_remaining_seconds: gauge([], "Time until the server leaves if nothing comes"),
  process_start_time_seconds: gauge([], "When the process began, in seconds since the epoch"),
  process_resident_memory_bytes: gauge([], "Resident memory of the process"),
  process_cpu_seconds_total: counter(
    [],
    "Processor time of the process, in its own code and in the system's",
  ),
  hearth_http_requests_total: counter(["route", "status"], "Answered requests"),
  hearth_http_request_duration_seconds: histogram(
    ["route"],
    REQUEST_BOUNDS,
    "Time until an answer was sent whole",
  ),
  hearth_http_requests_in_flight: gauge(
    ["kind"],
    "Requests and streams that run: in use, or only watching, as this one",
  ),
  hearth_cache_hits_total: counter([], "Tables that were found in the cache"),
  hearth_cache_misses_total: counter([], "Tables that had to be read"),
  hearth_cache_entries: gauge([], "Tables in the cache"),
  hearth_cache_bytes: gauge([], "Size of the cached tables and answers"),
  hearth_cache_limit_bytes: gauge([], "Size that the cache may have"),
  hearth_sessions: gauge([], "Sessions that exist"),
  hearth_sessions_bytes: gauge([], "Memory of the sessions that are loaded"),
  hearth_model_state: gauge(["model", "state"], "1 for the state that a model is in, 0 for the others"),
  hearth_model_memory_bytes: gauge(["model"], "Memory of a model: declared, else measured"),
  hearth_model_requests_in_flight: gauge(["model"], "Requests that a model answers now"),
  hearth_model_queue_length: gauge(["model"], "Requests that wait for a model"),
  hearth_model_queue_wait_seconds: histogram(
    ["model"],
    WAIT_BOUNDS,
    "Time that requests waited for a model, its loading included",
  ),
  hearth_model_rejections_total: counter(
    ["model", "code"],
    "Requests that were refused before a model got them",
  ),
  hearth_model_requests_total: counter(["model", "status"], "Requests that a model answered or failed to"),
  hearth_model_time_to_first_token_seconds: histogram(
    ["model"],
    WAIT_BOUNDS,
    "Time from sending a request on until the first piece of its streamed answer",
  ),
  hearth_model_tokens_total: counter(
    ["model", "type"],
    "Tokens that a model read (input) and wrote (output)",
  ),
  hearth_model_starts_total: counter(["model"], "Starts of a model's server"),
  hearth_model_failures_total: counter(
    ["model", "phase"],
    "Servers that could not be started, or ended by themselves while they ran",
  ),
  hearth_model_load_seconds: histogram(
    ["model"],
    LOAD_BOUNDS,
    "Time from the start of a server until it was ready",
  ),
  hearth_model_unloads_total: counter(["model", "reason"], "Unloadings of a model"),
  hearth_model_swaps_total: counter(["model"], "Unloadings of a model that gave room to another"),
} as const satisfies Record<string, MetricDefinition>;

/** Name of a metric as it is asked for; a histogram's series have `_bucket`, `_sum` and `_count` behind it. */
export type MetricName = keyof typeof METRICS;

function counter(labels: readonly string[], help: string): MetricDefinition {
  return { kind: "counter", labels, help };
}

function gauge(labels: readonly string[], help: string): MetricDefinition {
  return { kind: "gauge", labels, help };
}

function info(labels: readonly string[], help: string): MetricDefinition {
  return { kind: "info", labels, help };
}

function histogram(labels: readonly string[], exponents: readonly number[], help: string): MetricDefinition {
  return { kind: "histogram", labels, help, exponents };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
