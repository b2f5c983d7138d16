import { Hono } from "hono";
import { contextOf, type HearthEnv } from "./context.ts";

/**
 * The API's description in OpenAPI 3.1; made at the first request, since it needs libraries that nothing else does.
 *
 * @param hasControl whether there is a server of ours to control
 */
export function openapiRoutes(hasControl: boolean) {
  let described: Promise<object> | undefined;
  return new Hono<HearthEnv>().get("/openapi.json", async (c) => {
    described ??= import("./generate-openapi.ts").then((module) => module.generateOpenapi(hasControl));
    // Relative to this document's own address, so it holds for every host, port and prefix.
    return c.json({ ...(await described), servers: [{ url: contextOf(c).prefix || "/" }] });
  });
}
