import type { Context } from "hono";
import type { RequestContext } from "./request-context.ts";

/** Key of the request's context in Hono's `env`, where the guard in front of Hono puts it. */
const CONTEXT = Symbol("hearth.context");

/** Hono environment of all route modules. */
export interface HearthEnv {
  Bindings: { [CONTEXT]?: RequestContext };
  Variables: {
    hearthContext?: RequestContext;
    /** Names of variables that an owner's client did not send. */
    unsentVariables?: ReadonlySet<string>;
  };
}

/** The `env` that hands a context to Hono without a middleware. */
export function bindContext(context: RequestContext): HearthEnv["Bindings"] {
  return { [CONTEXT]: context };
}

/** The context of the running request. */
export function contextOf(c: Context<HearthEnv>): RequestContext {
  const context = c.env?.[CONTEXT] ?? c.get("hearthContext");
  if (context === undefined) throw new Error("a route was called without the guard in front of it");
  return context;
}
