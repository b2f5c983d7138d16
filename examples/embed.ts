/**
 * hearth inside another Hono program: its routes under a prefix, its files confined to one folder.
 *
 *   npx bun examples/embed.ts
 *   node examples/embed.ts
 *   deno run --allow-net --allow-read --allow-env --allow-sys --allow-ffi examples/embed.ts
 *
 * Then ask it: curl localhost:3000/hearth/api/read_data -H x-user:guest --json '{"data_source": {"type": "csv", "filename": "cities.csv"}}'
 */
import { serve } from "@hono/node-server"; // on Bun and Deno their own `serve` is faster
import { Hono } from "hono";
import { createHearth } from "../src/index.ts"; // in your own program: from "hearthd"

const hearth = createHearth({
  roots: [import.meta.dirname], // nothing else of the disk can be reached
  authorize: (request) => (request.headers.get("x-user") === "guest" ? "guest" : "refused"),
});

const app = new Hono()
  .get("/", (c) => c.text("A program with a hearth in it.\n"))
  .route("/hearth", hearth.app);

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 3000) }, (info) =>
  console.log(`listening on http://127.0.0.1:${info.port}`),
);

process.on("SIGTERM", async () => {
  server.close();
  await hearth.close(); // running requests end, memory and the engine are freed, and so the process ends
});
