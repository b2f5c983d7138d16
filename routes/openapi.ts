import { Hono } from "hono";
import type { Hearth } from "../src/hearth.ts";
import { onceUnlessFailed } from "../src/once-unless-failed.ts";
import { contextOf, type HearthEnv } from "./context.ts";

/**
 * The API's description in OpenAPI 3.1; made at the first request, since it needs what nothing else does.
 *
 * @param hasControl whether there is a server of ours to control
 */
export function openapiRoutes(hearth: Hearth, hasControl: boolean) {
  const made = onceUnlessFailed(async () => {
    const { describeApi, securityOf } = await import("./openapi/document.ts");
    return { document: describeApi(hasControl), securityOf };
  });
  return new Hono<HearthEnv>().get("/openapi.json", async (c) => {
    const { document, securityOf } = await made();
    const isGuarded = hearth.settings().token !== undefined || hearth.modelsConfig().apiKeys.length > 0;
    // Relative to this document's own address, so it holds for every host, port and prefix.
    const servers = [{ url: contextOf(c).prefix || "/" }];
    return c.json({ ...document, servers, security: securityOf(isGuarded) });
  });
}
