/** The server that hearth is held against: Hono with one route, served as each runtime's documentation shows. */
import { Hono } from "hono";

const port = Number(process.argv[2]);
const app = new Hono().get("/api/ping", (c) => c.json({ status: "ok", message: "pong" }));
const { Bun, Deno } = globalThis as unknown as {
  Bun?: { serve(options: object): void };
  Deno?: { serve(options: object, fetch: unknown): void };
};

if (Bun !== undefined) Bun.serve({ hostname: "127.0.0.1", port, fetch: app.fetch });
else if (Deno !== undefined) Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, app.fetch);
else (await import("@hono/node-server")).serve({ hostname: "127.0.0.1", port, fetch: app.fetch });
