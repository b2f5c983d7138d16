import type { Context } from "hono";
import type { Caller } from "../src/access/caller.ts";
import type { Hints } from "../src/errors.ts";
import type { KeyAccess } from "./key-access.ts";

/** What the guard knows of a request and the routes need; made once per request, dropped with it. */
export interface RequestContext {
  /** Also in the answer's `x-request-id` and in the log. */
  readonly requestId: string;
  /** Where the app is mounted in another, such as "/hearth"; "" at the root. */
  readonly prefix: string;
  /** What to do about failures, in the words of who answers. */
  readonly hints: Hints;
  /** Who is asking; read from the headers when first asked for. */
  readonly caller: () => Caller;
  /** What the key allows that the caller sent. */
  readonly access: KeyAccess;
  /** Calls `listener` when the server begins to stop; what it gives takes that back. */
  readonly onStopping: (listener: () => void) => () => void;
  /** Keeps the request counted as running, for an answer that streams on; call what it returns when it ends. */
  readonly hold: () => () => void;
}

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
