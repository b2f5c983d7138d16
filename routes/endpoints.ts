import type * as v from "valibot";
import { SESSION_OPERATIONS } from "../src/sessions/operations.ts";
import { FORM_PATHS, JSON_PATHS, QUERY_PATHS } from "./model-paths.ts";
import {
  ComputeAnswer,
  ComputeRequest,
  FieldAnswer,
  FieldsAnswer,
  HealthAnswer,
  InterfaceCheckAnswer,
  InterfaceCheckRequest,
  InterfaceReadRequest,
  MessageAnswer,
  NewSessionRequest,
  PingAnswer,
  ReadAnswer,
  ReadDataRequest,
  RootsRequest,
  SessionAnswer,
  SessionComputeAnswer,
  SessionComputeRequest,
  SessionOperationRequest,
  SessionSaveAnswer,
  SessionSaveRequest,
  SessionsAnswer,
  TalkFieldRequest,
  TalkFieldsRequest,
  WriteAnswer,
  WriteDataRequest,
} from "./schemas.ts";

/** What the API's description says of one endpoint. */
export interface EndpointDescription {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  /** The route that serves it, where that is one of several endpoints. */
  readonly route?: string;
  readonly summary: string;
  readonly tag:
    | "data"
    | "interface"
    | "sessions"
    | "openai"
    | "models"
    | "system"
    | "control"
    | "description";
  /** Schema of the JSON body. */
  readonly request?: v.GenericSchema;
  /** Schema of the successful answer's JSON, or undefined for any. */
  readonly answer?: v.GenericSchema;
  /** Query parameters by name, with what each means. */
  readonly query?: Readonly<Record<string, string>>;
  /** Content types that the answer can have beside JSON. */
  readonly mediaTypes?: readonly string[];
  /** Content types that the body can have beside JSON. */
  readonly bodyTypes?: readonly string[];
}

const TABLE_TYPES = [
  "application/x-ndjson",
  "text/csv",
  "application/yaml",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.apache.parquet",
  "application/vnd.apache.arrow.stream",
];
const FORMAT = { format: "json, ndjson, csv, tsv, yaml, excel, parquet or arrow; beats Accept" };

const SESSION_OPERATION = "/api/sessions/:id/:operation";

/** Every endpoint of the app, in the order of the documentation; a test holds it equal to the routes. */
export const ENDPOINTS: readonly EndpointDescription[] = [
  ...both("/api/ping", { summary: "Is the server there?", tag: "system", answer: PingAnswer }),
  ...both("/api/health", { summary: "Who is the server?", tag: "system", answer: HealthAnswer }),
  ...both("/api/status", { summary: "Process, idle time, requests, cache", tag: "system" }),
  {
    method: "post",
    path: "/api/read_data",
    summary: "Read a table from a data source, or from the body itself",
    tag: "data",
    request: ReadDataRequest,
    answer: ReadAnswer,
    query: {
      ...FORMAT,
      type: "type of the data that the body itself holds; absent: the body is a JSON request",
    },
    mediaTypes: TABLE_TYPES,
    bodyTypes: TABLE_TYPES,
  },
  {
    method: "post",
    path: "/api/write_data",
    summary: "Write records, or the table in the body, to a file",
    tag: "data",
    request: WriteDataRequest,
    answer: WriteAnswer,
    query: {
      output: "file to write the body's table to; absent: the body is a JSON request",
      type: "type of the output; absent: by the extension",
      from: "type of the body; absent: by its content type",
    },
    bodyTypes: TABLE_TYPES,
  },
  {
    method: "post",
    path: "/api/compute",
    summary: "Run an operation over tables",
    tag: "data",
    request: ComputeRequest,
    answer: ComputeAnswer,
    query: FORMAT,
    mediaTypes: TABLE_TYPES,
  },
  {
    method: "get",
    path: "/api/operations",
    summary: "The compute operations and their parameters",
    tag: "data",
  },
  {
    method: "post",
    path: "/api/interface/read",
    summary: "One field of an interface, inherited ones included",
    tag: "interface",
    request: InterfaceReadRequest,
    answer: FieldAnswer,
  },
  {
    method: "post",
    path: "/api/interface/check",
    summary: "What an interface is made of, and what is wrong with it",
    tag: "interface",
    request: InterfaceCheckRequest,
    answer: InterfaceCheckAnswer,
  },
  {
    method: "post",
    path: "/api/talk/field",
    summary: "One field of a text's front matter or its configs",
    tag: "interface",
    request: TalkFieldRequest,
    answer: FieldAnswer,
  },
  {
    method: "post",
    path: "/api/talk/fields",
    summary: "Many fields of a text's front matter or its configs",
    tag: "interface",
    request: TalkFieldsRequest,
    answer: FieldsAnswer,
  },
  {
    method: "post",
    path: "/api/sessions",
    summary: "Make a session of an interface",
    tag: "sessions",
    request: NewSessionRequest,
    answer: SessionAnswer,
  },
  { method: "get", path: "/api/sessions", summary: "All sessions", tag: "sessions", answer: SessionsAnswer },
  ...both("/api/sessions/:id", {
    summary: "One session: shape, columns, memory, times",
    tag: "sessions",
    answer: SessionAnswer,
  }),
  {
    method: "delete",
    path: "/api/sessions/:id",
    summary: "End a session and forget its changes",
    tag: "sessions",
    answer: MessageAnswer,
  },
  {
    method: "post",
    path: "/api/sessions/:id/compute",
    route: SESSION_OPERATION,
    summary: "Run compute entries over a session's rows",
    tag: "sessions",
    request: SessionComputeRequest,
    answer: SessionComputeAnswer,
  },
  {
    method: "post",
    path: "/api/sessions/:id/save",
    route: SESSION_OPERATION,
    summary: "Write a session's outputs to the files of its interface",
    tag: "sessions",
    request: SessionSaveRequest,
    answer: SessionSaveAnswer,
  },
  {
    method: "get",
    path: "/api/sessions/:id/table",
    route: SESSION_OPERATION,
    summary: "All rows and columns of a session",
    tag: "sessions",
    answer: ReadAnswer,
    query: FORMAT,
    mediaTypes: TABLE_TYPES,
  },
  ...both(SESSION_OPERATION, {
    summary: `Look at a session or change it: ${Object.keys(SESSION_OPERATIONS).join(", ")}`,
    tag: "sessions",
    request: SessionOperationRequest,
  }),
  { method: "get", path: "/v1/models", summary: "The models that the config lists", tag: "openai" },
  {
    method: "get",
    path: "/v1/models/:id",
    route: "/v1/models/:id{.+}",
    summary: "One of the models",
    tag: "openai",
  },
  ...JSON_PATHS.map((path) => toModel("post", path, "by the model that the JSON body names")),
  ...FORM_PATHS.map((path) =>
    toModel("post", path, "by the model that the form names", ["multipart/form-data"]),
  ),
  ...QUERY_PATHS.map((path) => toModel("get", path, "by the model that the query names")),
  { method: "get", path: "/api/models", summary: "All models and how they stand", tag: "models" },
  ...modelVerb("load", "Load a model, and wait until it is ready"),
  { method: "post", path: "/api/models/unload", summary: "Unload all models", tag: "models" },
  ...modelVerb("unload", "Unload a model after its running requests"),
  ...modelVerb("pin", "Keep a model loaded, unused or in the way"),
  ...modelVerb("unpin", "Let a model go again"),
  {
    method: "get",
    path: "/api/models/logs/:id",
    route: "/api/models/logs/:id{.+}",
    summary: "What a model's server printed; as events when Accept says so",
    tag: "models",
    query: { lines: "how many of the last lines; default 200" },
  },
  { method: "get", path: "/api/events", summary: "What happens to the models, as events", tag: "models" },
  { method: "get", path: "/health", summary: "OK, as llama-swap says it", tag: "models" },
  { method: "get", path: "/running", summary: "The loaded models, as llama-swap lists them", tag: "models" },
  { method: "get", path: "/unload", summary: "Unload all models, as llama-swap does", tag: "models" },
  { method: "get", path: "/logs", summary: "What all models' servers printed", tag: "models" },
  { method: "get", path: "/logs/stream", summary: "The same, as it comes", tag: "models" },
  {
    method: "get",
    path: "/logs/stream/:id",
    route: "/logs/stream/:id{.+}",
    summary: "What one model's server prints, as it comes",
    tag: "models",
  },
  {
    method: "get",
    path: "/api/models/command/:id",
    route: "/api/models/command/:id{.+}",
    summary: "A model's command as it would be run",
    tag: "control",
  },
  { method: "get", path: "/api/config", summary: "Each setting and where it came from", tag: "control" },
  {
    method: "post",
    path: "/api/control/roots",
    summary: "Let guests reach further folders",
    tag: "control",
    request: RootsRequest,
  },
  { method: "post", path: "/api/control/reload", summary: "Read the config file again", tag: "control" },
  { method: "get", path: "/openapi.json", summary: "This description", tag: "description" },
];

function toModel(
  method: "get" | "post",
  path: string,
  how: string,
  bodyTypes: readonly string[] = [],
): EndpointDescription {
  return { method, path, summary: `Answered ${how}`, tag: "openai", bodyTypes };
}

function modelVerb(verb: string, summary: string): EndpointDescription[] {
  const path = `/api/models/${verb}/:id`;
  return [{ method: "post", path, route: `${path}{.+}`, summary, tag: "models" }];
}

type Described = Omit<EndpointDescription, "method" | "path">;

function both(path: string, described: Described): EndpointDescription[] {
  return [
    { method: "get", path, ...described },
    { method: "post", path, ...described },
  ];
}

/** Those that end with a model's id, which may hold slashes; and the pass-through. */
const LONG_PATHS: readonly string[] = [
  ...ENDPOINTS.flatMap(({ route }) =>
    route?.endsWith("{.+}") === true ? route.slice(0, -":id{.+}".length) : [],
  ),
  "/upstream/",
];

const KNOWN_PATHS: ReadonlySet<string> = new Set(ENDPOINTS.map(({ path }) => path));

const SESSIONS = "/api/sessions/";

/** The route of a path for log and statistics: one of the known ones, never text of a caller. */
export function routeOf(path: string): string {
  if (KNOWN_PATHS.has(path)) return path;
  const long = LONG_PATHS.find((known) => path.startsWith(known));
  if (long !== undefined) return `${long}:id`;
  const [, rest] = path.split(SESSIONS);
  if (!path.startsWith(SESSIONS) || rest === undefined) return "unknown";
  const [, operation, ...more] = rest.split("/");
  if (more.length > 0) return "unknown";
  if (operation === undefined) return `${SESSIONS}:id`;
  return Object.hasOwn(SESSION_OPERATIONS, operation) || KNOWN_PATHS.has(`${SESSIONS}:id/${operation}`)
    ? `${SESSIONS}:id/${operation}`
    : "unknown";
}
