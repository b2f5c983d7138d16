import { type Context, Hono, type MiddlewareHandler } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth, SystemInfo } from "../src/hearth.ts";
import type { ServerControl } from "../src/server-control.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { controlRoutes } from "./control.ts";
import { dataRoutes } from "./data.ts";
import { askForVariables } from "./file-reader.ts";
import { pathOf, renderAndRemember } from "./guard.ts";
import { interfaceRoutes } from "./interface.ts";
import { llamaSwapRoutes } from "./llama-swap.ts";
import { modelApiRoutes } from "./model-api.ts";
import { modelRoutes } from "./models.ts";
import { openapiRoutes } from "./openapi.ts";
import { sessionRoutes } from "./sessions.ts";
import { systemRoutes } from "./system.ts";

/** What the routes are made over. */
export interface AppParts {
  readonly hearth: Hearth;
  readonly info: SystemInfo;
  /** Absent where there is no server of ours to control. */
  readonly control?: ServerControl | undefined;
}

function chain({ hearth, info, control }: AppParts) {
  return new Hono<HearthEnv>()
    .route("/", systemRoutes(hearth, info))
    .route("/", dataRoutes(hearth))
    .route("/", interfaceRoutes(hearth))
    .route("/", sessionRoutes(hearth))
    .route("/", modelRoutes(hearth))
    .route("/", modelApiRoutes(hearth))
    .route("/", llamaSwapRoutes(hearth))
    .route("/", openapiRoutes(control !== undefined));
}

/** The app with all its routes, for Hono's typed client: `hc<HearthApp>(url)`. */
export type HearthApp = ReturnType<typeof chain>;

/**
 * All route modules as one app. It expects the guard's context: in `env` when the guard stands in front of it, or set by
 * `before` when it is mounted in another app.
 *
 * @param before a middleware that runs before every route
 */
export function createApp(parts: AppParts, before?: MiddlewareHandler<HearthEnv>): HearthApp {
  const routes = chain(parts);
  if (parts.control !== undefined) routes.route("/", controlRoutes(parts.control, parts.hearth));
  const methods = methodsByPath(routes);
  const app = new Hono<HearthEnv>();
  if (before !== undefined) app.use(before);
  app.route("/", routes);
  app.onError((error, c) => askForVariables(c, renderAndRemember(error, pathOf(c.req.url), contextOf(c))));
  const refuse = (c: Context<HearthEnv>): Response => {
    const context = contextOf(c);
    const { prefix } = context;
    const path = pathOf(c.req.url);
    const allowed = methods.get(path.slice(prefix.length));
    const response = renderAndRemember(unknownEndpoint(path, c.req.method, allowed, prefix), path, context);
    // RFC 9110, 15.5.6
    if (allowed !== undefined) response.headers.set("allow", [...allowed].join(", "));
    return response;
  };
  // Mounted in another app only a route of ours can answer for our prefix; it costs every request a second handler.
  if (before === undefined) app.notFound(refuse);
  else app.all("*", refuse);
  return app as unknown as HearthApp;
}

function methodsByPath(app: Hono<HearthEnv>): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    if (method === "GET") known.add("HEAD"); // Hono answers it by the route for GET
  }
  return methods;
}

function unknownEndpoint(
  path: string,
  method: string,
  allowed: ReadonlySet<string> | undefined,
  prefix: string,
): HearthError {
  const shown = path.slice(0, 120);
  if (allowed === undefined) {
    return new HearthError("endpoint-unknown", `Unknown endpoint: ${shown}`, {
      hint: `GET ${prefix}/openapi.json lists them.`,
    });
  }
  return new HearthError("method-not-allowed", `${method} not supported for: ${shown}`, {
    hint: `Use ${[...allowed].join(" or ")}.`,
  });
}
