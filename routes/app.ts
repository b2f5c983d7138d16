import { type Context, Hono, type MiddlewareHandler } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth, SystemInfo } from "../src/hearth.ts";
import type { Insight } from "../src/insight/insight.ts";
import type { ServerControl } from "../src/server-control.ts";
import { activityRoutes } from "./activity.ts";
import { isOpenPath } from "./admission.ts";
import { createAllowedMethods } from "./allowed-methods.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { controlRoutes } from "./control.ts";
import { dataRoutes } from "./data.ts";
import { eventRoutes } from "./events.ts";
import { askForVariables } from "./file-reader.ts";
import { fileRoutes } from "./files.ts";
import { pathOf, renderAndRemember } from "./guard.ts";
import { interfaceRoutes } from "./interface.ts";
import { llamaSwapRoutes } from "./llama-swap.ts";
import { metricsRoutes } from "./metrics.ts";
import { modelApiRoutes } from "./model-api.ts";
import { modelRoutes } from "./models.ts";
import { openapiRoutes } from "./openapi.ts";
import { needRight } from "./need-right.ts";
import { pageRoutes } from "./page.ts";
import { pageSignInRoutes, type SignInParts } from "./page-sign-in.ts";
import { withRight } from "./route-rights.ts";
import { sessionRoutes } from "./sessions.ts";
import { systemRoutes } from "./system.ts";

/** What the routes are made over. */
export interface AppParts {
  readonly hearth: Hearth;
  readonly info: SystemInfo;
  readonly insight: Insight;
  /** Absent where there is no server of ours to control. */
  readonly control?: ServerControl | undefined;
  readonly signIn: SignInParts;
}

/** A route as Hono keeps it. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: MiddlewareHandler<HearthEnv>;
}

function chain({ hearth, info, insight, control, signIn }: AppParts) {
  return new Hono<HearthEnv>()
    .route("/", systemRoutes(hearth, info))
    .route("/", dataRoutes(hearth))
    .route("/", fileRoutes(hearth))
    .route("/", interfaceRoutes(hearth))
    .route("/", sessionRoutes(hearth))
    .route("/", modelRoutes(hearth))
    .route("/", modelApiRoutes(hearth))
    .route("/", llamaSwapRoutes(hearth))
    .route("/", eventRoutes({ hearth, info, insight, control }))
    .route("/", activityRoutes(insight))
    .route("/", pageRoutes(control !== undefined, signIn.isPrograms))
    .route("/", pageSignInRoutes(signIn))
    .route("/", metricsRoutes(hearth, info))
    .route("/", openapiRoutes(hearth, control !== undefined));
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
  const methodsOf = createAllowedMethods(routes.routes);
  const app = new Hono<HearthEnv>();
  if (before !== undefined) app.use(before);
  for (const { handler, method, path } of routes.routes as readonly Route[]) {
    const guarded = withRight(method, path, handler);
    if (method === "ALL") app.all(path, guarded);
    else app.on(method, path, guarded);
  }
  app.onError((error, c) => askForVariables(c, renderAndRemember(error, pathOf(c.req.url), contextOf(c))));
  const refuse = (c: Context<HearthEnv>): Response => {
    const context = contextOf(c);
    const { prefix } = context;
    const path = pathOf(c.req.url);
    const below = path.slice(prefix.length);
    // Hono knows the page's address under a prefix only without the slash.
    if (below === "/" && prefix !== "" && c.req.method === "GET") return c.redirect(prefix);
    // A key for some models learns nothing of other paths, not even which there are.
    if (!isOpenPath(below)) needRight(context, "guest");
    const allowed = methodsOf(below);
    const response = renderAndRemember(unknownEndpoint(path, c.req.method, allowed, prefix), path, context);
    // RFC 9110, 15.5.6
    if (allowed !== undefined) response.headers.set("allow", allowed.join(", "));
    return response;
  };
  // Mounted in another app only a route of ours can answer for our prefix; it costs every request a second handler.
  if (before === undefined) app.notFound(refuse);
  else app.all("*", refuse);
  return app as unknown as HearthApp;
}

function unknownEndpoint(
  path: string,
  method: string,
  allowed: readonly string[] | undefined,
  prefix: string,
): HearthError {
  const shown = path.slice(0, 120);
  if (allowed === undefined) {
    return new HearthError("endpoint-unknown", `Unknown endpoint: ${shown}`, {
      hint: `GET ${prefix}/openapi.json lists them.`,
    });
  }
  return new HearthError("method-not-allowed", `${method} not supported for: ${shown}`, {
    hint: `Use ${allowed.join(" or ")}.`,
  });
}
