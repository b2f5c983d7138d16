import { type Context, Hono } from "hono";
import type { Hearth } from "../src/hearth.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { lineStream } from "./event-stream.ts";
import { hasRight, mayUse } from "./key-access.ts";
import { unloadAll } from "./model-api.ts";

/**
 * llama-swap's own endpoints in its shapes, since compose files, dashboards and scripts call them. Its logs are those of
 * the models; hearth's own are in none of them.
 */
export function llamaSwapRoutes(hearth: Hearth) {
  return new Hono<HearthEnv>()
    .get("/health", (c) => c.text("OK"))
    .get("/running", (c) => c.json({ running: runningFor(hearth, c) }))
    .get("/unload", async (c) => {
      await unloadAll(hearth, c);
      return c.text("OK");
    })
    .get("/logs", (c) =>
      c.text(
        modelsOf(hearth)
          .map((id) => outputOf(hearth, id))
          .join(""),
      ),
    )
    .get("/logs/stream", (c) => streamLogs(hearth, c, modelsOf(hearth)))
    .get("/logs/stream/:id{[^]+}", async (c) => {
      const name = c.req.param("id");
      // llama-swap's names for its own log and for all servers together.
      if (name === "proxy") return streamLogs(hearth, c, []);
      if (name === "upstream") return streamLogs(hearth, c, modelsOf(hearth));
      const { pool } = await hearth.models();
      return streamLogs(hearth, c, [pool.idOf(name)]);
    });
}

function runningFor(hearth: Hearth, c: Context<HearthEnv>) {
  const { access } = contextOf(c);
  const seesCommand = hasRight(access, "admin");
  const all = hearth.loadedModels()?.pool.list() ?? [];
  return all
    .filter(({ id, state }) => state !== "stopped" && state !== "failed" && mayUse(access, id))
    .map(({ baseUrl, command, config, id, state }) => ({
      model: id,
      state: state === "draining" ? "ready" : state,
      // It may hold keys and paths; others get the field empty, since clients of llama-swap read it.
      cmd: seesCommand ? command.join(" ") : "",
      proxy: baseUrl ?? config.proxy,
      ttl: config.ttlSeconds ?? 0,
      name: config.listing.name ?? "",
      description: config.listing.description ?? "",
    }));
}

function modelsOf(hearth: Hearth): readonly string[] {
  return [...hearth.modelsConfig().models.keys()];
}

function outputOf(hearth: Hearth, id: string): string {
  return hearth.loadedModels()?.pool.outputOf(id).tail().join("") ?? "";
}

async function streamLogs(hearth: Hearth, c: Context<HearthEnv>, ids: readonly string[]): Promise<Response> {
  const { pool } = await hearth.models();
  const hasHistory = c.req.query("no-history") === undefined;
  const start = (send: (line: string) => void) => {
    const ends = ids.map((id) => {
      const output = pool.outputOf(id);
      if (hasHistory) for (const line of output.tail()) send(line);
      return output.follow(send);
    });
    return () => {
      for (const end of ends) end();
    };
  };
  return lineStream(start, contextOf(c));
}
