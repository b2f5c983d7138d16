import { HearthError } from "../src/errors.ts";
import type { RequestContext } from "./request-context.ts";

/** True for the owner, a page that the owner signed in, and a key marked `admin`. */
export function hasControl(context: RequestContext): boolean {
  return context.access.mayControl || context.caller().kind === "owner";
}

/** Throws `owner-only` for who may not control the server. */
export function needControl(context: RequestContext): void {
  if (hasControl(context)) return;
  throw new HearthError("owner-only", "Only the owner may do this", {
    hint: "Use the hearth command as the user who runs the server, a page opened by `hearth open`, or an admin key.",
  });
}
