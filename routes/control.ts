import { type Context, Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { ServerControl } from "../src/server-control.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { jsonBody } from "./json-body.ts";
import type { Hearth } from "../src/hearth.ts";
import { RootsRequest } from "./schemas.ts";

const BODY_LIMIT_BYTES = 1 << 20;

/** What changes or shows the server itself; for its owner only. */
export function controlRoutes(control: ServerControl, hearth: Hearth) {
  const rootsBody = jsonBody(RootsRequest, () => BODY_LIMIT_BYTES, "Request must include 'roots'");
  return new Hono<HearthEnv>()
    .use("/api/control/*", ownerOnly)
    .use("/api/config", ownerOnly)
    .use("/api/models/command/*", ownerOnly)
    .post("/api/control/roots", rootsBody, async (c) => {
      const caller = contextOf(c).caller();
      const roots = await control.addRoots(
        c.req.valid("json").roots,
        caller.kind === "owner" ? caller.directory : "/",
      );
      return c.json({ status: "success" as const, roots });
    })
    .post("/api/control/reload", async (c) =>
      c.json({ status: "success" as const, ...(await control.reload()) }),
    )
    .get("/api/models/command/:id{.+}", async (c) => {
      const { pool } = await hearth.models();
      const id = pool.idOf(c.req.param("id"));
      const status = pool.list().find((model) => model.id === id);
      const config = hearth.modelsConfig().models.get(id);
      if (config === undefined) throw new HearthError("model-unknown", `No model named "${id}"`);
      const { describeCommand } = await import("../src/models/model-command.ts");
      const running = status?.pid === undefined ? undefined : status.command;
      return c.json({ status: "success" as const, ...describeCommand(config, running, process.env) });
    })
    .get("/api/config", (c) => c.json({ status: "success" as const, ...control.showConfig() }));
}

async function ownerOnly(c: Context<HearthEnv>, next: () => Promise<void>): Promise<void> {
  if (contextOf(c).caller().kind !== "owner") {
    throw new HearthError("owner-only", "Only the owner may do this", {
      hint: "Use the hearth command as the user who runs the server; it comes by the owner's socket.",
    });
  }
  await next();
}
