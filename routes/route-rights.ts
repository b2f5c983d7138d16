import type { MiddlewareHandler } from "hono";
import { contextOf, type HearthEnv } from "./context.ts";
import { needDirectCall } from "./direct-call.ts";
import { type Endpoint, ENDPOINTS } from "./endpoints.ts";
import { strictest } from "./key-access.ts";
import { needOutput, needRight } from "./need-right.ts";

type Handler = MiddlewareHandler<HearthEnv>;

/** What a route needs, by its method and path as Hono has them. */
type RouteRight = Pick<Endpoint, "isChangingGet" | "isOpenWithoutKeys" | "right">;

const BY_ROUTE = new Map<string, RouteRight>();
for (const { method, route, ...needed } of ENDPOINTS) {
  for (const key of [`${method.toUpperCase()} ${route}`, `ALL ${route}`]) {
    BY_ROUTE.set(key, stricter(BY_ROUTE.get(key), needed));
  }
}

function stricter(known: RouteRight | undefined, needed: RouteRight): RouteRight {
  if (known === undefined) return needed;
  return {
    right: strictest([known.right, needed.right]),
    isOpenWithoutKeys: known.isOpenWithoutKeys && needed.isOpenWithoutKeys,
    isChangingGet: known.isChangingGet || needed.isChangingGet,
  };
}

/**
 * The handler of a route behind the right that the endpoint table gives it. It goes by the route that the router found, so
 * no way of writing a path gets past it. A route that the table does not have is the owner's.
 */
export function withRight(method: string, path: string, handler: Handler): Handler {
  const { isChangingGet, isOpenWithoutKeys, right } = BY_ROUTE.get(`${method} ${path}`) ?? UNKNOWN;
  if (right === "anyone") return handler;
  if (isChangingGet) {
    return (c, next) => {
      needRight(contextOf(c), right);
      const isGet = c.req.method === "GET" || c.req.method === "HEAD";
      if (isGet) needDirectCall((name) => c.req.header(name) ?? null);
      return handler(c, next);
    };
  }
  if (isOpenWithoutKeys) {
    return (c, next) => {
      needOutput(contextOf(c));
      return handler(c, next);
    };
  }
  return (c, next) => {
    needRight(contextOf(c), right);
    return handler(c, next);
  };
}

const UNKNOWN: RouteRight = { right: "owner", isOpenWithoutKeys: false, isChangingGet: false };
