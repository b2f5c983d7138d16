import { type Context, Hono } from "hono";
import type { Hearth } from "../src/hearth.ts";
import { type ModelFacts, modelFacts } from "../src/models/model-facts.ts";
import type { ModelStatus } from "../src/models/pool.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { eventStream } from "./event-stream.ts";
import { mayUse } from "./key-access.ts";
import { modelIdFor } from "./model-rights.ts";
import { wholeNumberIn } from "./query-number.ts";

/** Lines of a model's output that are shown when nobody says how many. */
const LINES = 200;

/** The states of models, loading and unloading, their output, and what happens to them. */
export function modelApiRoutes(hearth: Hearth) {
  const named = async (c: Context<HearthEnv>) => {
    const { pool } = await hearth.models();
    return { pool, id: modelIdFor(hearth, c, pool, c.req.param("id") ?? "") };
  };
  return new Hono<HearthEnv>()
    .get("/api/models", async (c) =>
      c.json({ status: "success" as const, models: await factsFor(hearth, c) }),
    )
    .post("/api/models/load/:id{[^]+}", async (c) => {
      const { pool, id } = await named(c);
      await pool.load(id, contextOf(c).signal);
      return c.json({ status: "success" as const, model: factsOf(c, pool.list(), id) });
    })
    .post("/api/models/unload", async (c) => {
      await unloadAll(hearth, c);
      return c.json({ status: "success" as const, message: "All models are unloaded" });
    })
    .post("/api/models/unload/:id{[^]+}", async (c) => {
      const { pool, id } = await named(c);
      await pool.unload(id);
      return c.json({ status: "success" as const, model: factsOf(c, pool.list(), id) });
    })
    .post("/api/models/pin/:id{[^]+}", async (c) => {
      const { pool, id } = await named(c);
      pool.pin(id, true);
      return c.json({ status: "success" as const, model: factsOf(c, pool.list(), id) });
    })
    .post("/api/models/unpin/:id{[^]+}", async (c) => {
      const { pool, id } = await named(c);
      pool.pin(id, false);
      return c.json({ status: "success" as const, model: factsOf(c, pool.list(), id) });
    })
    .get("/api/models/logs/:id{[^]+}", async (c) => {
      const { pool, id } = await named(c);
      const output = pool.outputOf(id);
      const lines = output.tail(wholeNumberIn(c.req.query("lines"), "lines", 0, LINES));
      if (!(c.req.header("accept") ?? "").includes("text/event-stream")) {
        return c.json({ status: "success" as const, id, lines: lines.map((line) => line.trimEnd()) });
      }
      const start = (send: (event: { data: unknown }) => void) => {
        for (const line of lines) send({ data: line.trimEnd() });
        return output.follow((line) => send({ data: line.trimEnd() }));
      };
      return eventStream({ start }, contextOf(c));
    });
}

/** Unloads every model that the caller may use. */
export async function unloadAll(hearth: Hearth, c: Context<HearthEnv>): Promise<void> {
  const { access } = contextOf(c);
  const pool = hearth.loadedModels()?.pool;
  const ids = pool?.list().filter(({ id }) => mayUse(access, id)) ?? [];
  await Promise.all(ids.map(({ id }) => pool?.unload(id)));
}

/** The models that the caller may use, and how they stand. */
export async function factsFor(hearth: Hearth, c: Context<HearthEnv>): Promise<readonly ModelFacts[]> {
  const { access } = contextOf(c);
  if (hearth.modelsConfig().models.size === 0) return [];
  const { pool } = await hearth.models();
  return pool
    .list()
    .filter(({ id }) => mayUse(access, id))
    .map((status) => modelFacts(status, access.seesOutput));
}

function factsOf(c: Context<HearthEnv>, all: readonly ModelStatus[], id: string): ModelFacts | null {
  const status = all.find((each) => each.id === id);
  return status === undefined ? null : modelFacts(status, contextOf(c).access.seesOutput);
}
