// The page below a prefix of a program that says itself who is the owner. Prints its address; ends with its input.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createHearth } from "../../../src/index.ts";
import { print } from "./support.ts";

const hearth = createHearth({
  roots: ["."],
  authorize: (request) => (request.headers.get("authorization") === "Bearer boss" ? "owner" : "guest"),
});
const app = new Hono().get("/", (c) => c.text("mine")).route("/tools/hearth", hearth.app);
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  print({ url: `http://127.0.0.1:${port}/tools/hearth` }),
);
process.stdin.resume();
process.stdin.on("end", () => {
  server.close();
  void hearth.close().then(() => process.exit(0));
});
