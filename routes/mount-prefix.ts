import type { Context } from "hono";
import { baseRoutePath } from "hono/route";
import { pathOf } from "./guard.ts";

/**
 * The part of a request's path that leads to where the running middleware's app is mounted, as the caller wrote it:
 * "/hearth", or "" at the root. By number of segments, since a prefix may hold parameters or escaped letters.
 */
export function mountPrefix(c: Context): string {
  const depth = segmentsOf(baseRoutePath(c)).length;
  if (depth === 0) return "";
  return `/${segmentsOf(pathOf(c.req.url)).slice(0, depth).join("/")}`;
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}
