import { SESSION_OPERATIONS } from "../src/sessions/operations.ts";
import { FORM_PATHS, JSON_PATHS, QUERY_PATHS } from "./model-paths.ts";
import type { Right } from "./key-access.ts";

/** One endpoint. What it takes and answers stands in `openapi/`, under the file of its tag. */
export interface Endpoint {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
  /** The route that serves it, where that is written otherwise, or is one of several endpoints. */
  readonly route: string;
  /** What a caller needs for it; those with a higher right may do it too. */
  readonly right: Right;
  /** Guests have it as well while neither a token nor a key is in force and other users are kept out. */
  readonly isOpenWithoutKeys: boolean;
  /** A GET that changes something, or makes a model start; browsers' own requests are refused. */
  readonly isChangingGet: boolean;
  readonly summary: string;
  readonly tag: Tag;
}

/** Groups of the description; those of `control` are absent where there is no server of ours. */
export type Tag =
  | "data"
  | "interface"
  | "sessions"
  | "openai"
  | "models"
  | "system"
  | "insight"
  | "control"
  | "page"
  | "description";

const ALL = "GET POST PUT PATCH DELETE";
const SESSION_OPERATION = "/api/sessions/:id/:operation";

/** A right, with a star where guests have it too while no key is in force. */
type RowRight = Right | "admin*";

/** Methods, path, the right that it needs, group, and what it does; at the end the route where it is another. */
type Row = readonly [
  methods: string,
  path: string,
  right: RowRight,
  tag: Tag,
  summary: string,
  route?: string,
];

const ROWS: readonly Row[] = [
  ["GET POST", "/api/ping", "anyone", "system", "Is the server there?"],
  ["GET POST", "/api/health", "anyone", "system", "Who is the server?"],
  ["GET POST", "/api/status", "guest", "system", "Process, idle time, requests, cache"],
  ["POST", "/api/read_data", "guest", "data", "Read a table from a data source, or from the body itself"],
  ["GET", "/api/files", "guest", "data", "What lies in a folder that the caller may read"],
  ["POST", "/api/write_data", "guest", "data", "Write records, or the table in the body, to a file"],
  ["POST", "/api/compute", "guest", "data", "Run an operation over tables"],
  ["GET", "/api/operations", "guest", "data", "The compute operations and their parameters"],
  ["POST", "/api/interface/read", "guest", "interface", "One field of an interface, inherited ones included"],
  [
    "POST",
    "/api/interface/check",
    "guest",
    "interface",
    "What an interface is made of, and what is wrong with it",
  ],
  ["POST", "/api/talk/field", "guest", "interface", "One field of a text's front matter or its configs"],
  ["POST", "/api/talk/fields", "guest", "interface", "Many fields of a text's front matter or its configs"],
  ["POST", "/api/sessions", "guest", "sessions", "Make a session of an interface"],
  ["GET", "/api/sessions", "guest", "sessions", "All sessions"],
  ["GET POST", "/api/sessions/:id", "guest", "sessions", "One session: shape, columns, memory, times"],
  ["DELETE", "/api/sessions/:id", "guest", "sessions", "End a session and forget its changes"],
  [
    "POST",
    "/api/sessions/:id/compute",
    "guest",
    "sessions",
    "Run compute entries over a session's rows",
    SESSION_OPERATION,
  ],
  [
    "POST",
    "/api/sessions/:id/save",
    "guest",
    "sessions",
    "Write a session's outputs to the files of its interface",
    SESSION_OPERATION,
  ],
  [
    "GET",
    "/api/sessions/:id/table",
    "guest",
    "sessions",
    "All rows and columns of a session",
    SESSION_OPERATION,
  ],
  ["POST GET", SESSION_OPERATION, "guest", "sessions", "Look at a session or change it"],
  ["GET", "/v1/models", "model", "openai", "The models that the config lists"],
  ["GET", "/v1/models/:id", "model", "openai", "One of the models", "/v1/models/:id{[^]+}"],
  ...JSON_PATHS.map((path): Row => [
    "POST",
    path,
    "model",
    "openai",
    "Answered by the model that the JSON body names",
  ]),
  ...FORM_PATHS.map((path): Row => [
    "POST",
    path,
    "model",
    "openai",
    "Answered by the model that the form names",
  ]),
  ...QUERY_PATHS.map((path): Row => [
    "GET",
    path,
    "model",
    "openai",
    "Answered by the model that the query names",
  ]),
  [
    ALL,
    "/v1/:path",
    "model",
    "openai",
    "Anything else, answered by the model that the request names",
    "/v1/*",
  ],
  [ALL, "/upstream/:id/:path", "model", "openai", "Everything that a model's server has", "/upstream/*"],
  ["GET", "/api/models", "model", "models", "All models and how they stand"],
  modelVerb("load", "Load a model, and wait until it is ready"),
  ["POST", "/api/models/unload", "guest", "models", "Unload all models"],
  modelVerb("unload", "Unload a model after its running requests"),
  modelVerb("pin", "Keep a model loaded, unused or in the way"),
  modelVerb("unpin", "Let a model go again"),
  [
    "GET",
    "/api/models/logs/:id",
    "admin*",
    "models",
    "What a model's server printed; as events when Accept says so",
    "/api/models/logs/:id{[^]+}",
  ],
  ["GET", "/api/events", "guest", "insight", "What goes on, as events"],
  ["GET", "/api/timeline", "guest", "insight", "Requests over the last ten minutes"],
  ["GET", "/api/activity", "admin", "insight", "What runs and what was answered last"],
  ["POST", "/api/activity/cancel/:id", "admin", "insight", "Ask a running request to end"],
  ["GET", "/health", "anyone", "models", "OK, as llama-swap says it"],
  ["GET", "/running", "guest", "models", "The loaded models, as llama-swap lists them"],
  ["GET", "/unload", "guest", "models", "Unload all models, as llama-swap does"],
  ["GET", "/logs", "admin*", "models", "What all models' servers printed"],
  ["GET", "/logs/stream", "admin*", "models", "The same, as it comes"],
  [
    "GET",
    "/logs/stream/:id",
    "admin*",
    "models",
    "What one model's server prints, as it comes",
    "/logs/stream/:id{[^]+}",
  ],
  [
    "GET",
    "/api/models/command/:id",
    "admin",
    "control",
    "A model's command as it would be run",
    "/api/models/command/:id{[^]+}",
  ],
  ["GET", "/api/logs", "admin", "control", "The last lines of the server's log"],
  ["GET", "/api/history", "admin", "control", "Benchmarks and evaluations that were kept"],
  ["GET", "/api/history/:id", "admin", "control", "One of them with all it found"],
  ["GET", "/api/history/:id/report", "admin", "control", "Its report as one HTML file"],
  ["POST", "/api/control/page-link", "owner", "control", "A code that signs a page in, for the owner"],
  ["POST", "/api/control/sign-out", "admin", "control", "Sign all pages out"],
  ["GET", "/api/config", "admin", "control", "Each setting and where it came from"],
  ["POST", "/api/control/roots", "owner", "control", "Let guests reach further folders"],
  ["POST", "/api/control/reload", "admin", "control", "Read the config file again"],
  [
    "POST",
    "/api/page/sign-in",
    "anyone",
    "page",
    "Exchange a link's code, a token or a key for a page's secret",
  ],
  ["POST", "/api/page/challenge", "anyone", "page", "Prove to a signed-in page that this is its server"],
  ["GET", "/api/page/access", "guest", "page", "What the caller may do"],
  ["GET", "/", "anyone", "page", "The page for people"],
  ["GET", "/docs", "anyone", "page", "The page's view of this API"],
  ["GET", "/assets/:name", "anyone", "page", "The page's scripts and style"],
  ["GET", "/metrics", "guest", "system", "Counts and gauges, as Prometheus scrapes them"],
  ["GET", "/openapi.json", "guest", "description", "This description"],
];

/** What a GET does more than look at: it unloads models, or asks one, which may start it in place of another. */
const CHANGING_GETS: ReadonlySet<string> = new Set(["/unload", "/v1/:path", ...QUERY_PATHS]);

/** Every endpoint of the app, in the order of the documentation; a test holds it equal to the routes. */
export const ENDPOINTS: readonly Endpoint[] = ROWS.flatMap(
  ([methods, path, right, tag, summary, route = path]) =>
    methods
      .toLowerCase()
      .split(" ")
      .map((method) => ({
        method: method as Endpoint["method"],
        path,
        route,
        right: right === "admin*" ? "admin" : right,
        isOpenWithoutKeys: right === "admin*",
        isChangingGet: method === "get" && CHANGING_GETS.has(path),
        summary,
        tag,
      })),
);

function modelVerb(verb: string, summary: string): Row {
  const path = `/api/models/${verb}/:id`;
  return ["POST", path, "guest", "models", summary, `${path}{[^]+}`];
}

const SESSIONS = "/api/sessions/";

/** What stands before the name in paths that end with one, such as a model's id, which may hold slashes. */
const LONG_PATHS: readonly (readonly [before: string, path: string])[] = [
  ...ENDPOINTS.flatMap(({ path }) => {
    const [, before] = /^([^:]*\/):\w+$/.exec(path) ?? [];
    return before === undefined || before === SESSIONS ? [] : [[before, path] as const];
  }),
  ["/upstream/", "/upstream/:id"],
];

const KNOWN_PATHS: ReadonlySet<string> = new Set(ENDPOINTS.map(({ path }) => path));

/** The route of a path for log and statistics: one of the known ones, never text of a caller. */
export function routeOf(path: string): string {
  if (KNOWN_PATHS.has(path)) return path;
  const long = LONG_PATHS.find(([before]) => path.startsWith(before));
  if (long !== undefined) return long[1];
  const [, rest] = path.split(SESSIONS);
  if (!path.startsWith(SESSIONS) || rest === undefined) return "unknown";
  const [, operation, ...more] = rest.split("/");
  if (more.length > 0) return "unknown";
  if (operation === undefined) return `${SESSIONS}:id`;
  return Object.hasOwn(SESSION_OPERATIONS, operation) || KNOWN_PATHS.has(`${SESSIONS}:id/${operation}`)
    ? `${SESSIONS}:id/${operation}`
    : "unknown";
}
