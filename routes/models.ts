import { type Context, Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { GatewayBody } from "../src/models/proxy/gateway.ts";
import type { BodyRoom } from "./body-room.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { listed, oneListed } from "./model-listing.ts";
import { FORM_PATHS, JSON_PATHS, QUERY_PATHS } from "./model-paths.ts";
import { noteModel, paramsOf, passedOn, readForm, STALL_MS } from "./model-request.ts";
import { checkCall, checkKey, refuseAsCode } from "./model-rights.ts";
import { readBody } from "./read-body.ts";
import { toUpstream } from "./upstream.ts";

/** The OpenAI-compatible API, routed by model, and the pass-through to each model's server. */
export function modelRoutes(hearth: Hearth) {
  const json = (c: Context<HearthEnv>) => toModel(hearth, c, "json");
  const form = (c: Context<HearthEnv>) => toModel(hearth, c, "form");
  const query = (c: Context<HearthEnv>) => toModel(hearth, c, "query");
  const app = new Hono<HearthEnv>();
  app.get("/v1/models", (c) => c.json({ object: "list", data: listed(hearth.modelsConfig(), c) }));
  app.get("/v1/models/:id{[^]+}", (c) => c.json(oneListed(hearth.modelsConfig(), c, c.req.param("id"))));
  for (const path of JSON_PATHS) app.post(path, json);
  for (const path of FORM_PATHS) app.post(path, form);
  for (const path of QUERY_PATHS) app.get(path, query);
  app.all("/v1/*", (c) => toModel(hearth, c, guessWhere(c.req.raw)));
  app.all("/upstream/*", (c) => toUpstream(hearth, c));
  return app;
}

type Where = "json" | "form" | "query";

function guessWhere(request: Request): Where {
  if (/^multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "")) return "form";
  return request.body === null || request.method === "GET" || request.method === "HEAD" ? "query" : "json";
}

async function toModel(hearth: Hearth, c: Context<HearthEnv>, where: Where): Promise<Response> {
  refuseAsCode(c);
  const room = contextOf(c).bodyRoom(c.req.raw.signal);
  try {
    return await passRequest(hearth, c, await readRequest(hearth, c, where, room));
  } finally {
    room.free();
  }
}

interface ModelRequest {
  readonly name: string;
  readonly body: GatewayBody;
}

async function passRequest(
  hearth: Hearth,
  c: Context<HearthEnv>,
  { name: asked, body }: ModelRequest,
): Promise<Response> {
  const { prefix } = contextOf(c);
  const { pathname, search } = new URL(c.req.url);
  const path = pathname.slice(prefix.length);
  const { gateway, pool } = await hearth.models();
  const name = pool.resolve(asked);
  checkKey(hearth, c, name);
  checkCall(hearth, c, name, path);
  noteModel(hearth, c, name);
  return await gateway.answer({
    ...passedOn(hearth, c, `${path}${search}`),
    name,
    body,
    isPassThrough: false,
  });
}

/** The model that a request names, and its body. */
async function readRequest(
  hearth: Hearth,
  c: Context<HearthEnv>,
  where: Where,
  room: BodyRoom,
): Promise<ModelRequest> {
  if (where === "query") return { name: nameInQuery(c), body: { kind: "none" } };
  const { bodyLimitBytes: limitBytes, uploadLimitBytes } = hearth.settings();
  if (where === "form") {
    const isOneModel = contextOf(c).access.models !== undefined || hearth.modelsConfig().peerModels.size > 0;
    return await readForm(c.req.raw, limitBytes, uploadLimitBytes, isOneModel);
  }
  const bytes = await readBody(c.req.raw, { limitBytes, stallMs: STALL_MS, setting: "bodyLimit" }, room);
  // Node and Deno give a request of some methods an empty body where it has none.
  if (bytes.length === 0) return { name: nameInQuery(c), body: { kind: "none" } };
  const params = await paramsOf(bytes, c.req.raw.signal);
  const name = params["model"];
  if (typeof name === "string" && name !== "") return { name, body: { kind: "json", bytes, params } };
  if (name === undefined && c.req.query("model") !== undefined) {
    return { name: nameInQuery(c), body: { kind: "json", bytes, params } };
  }
  throw noModel(`"model" of the body is ${name === undefined ? "missing" : "not a name"}`);
}

function nameInQuery(c: Context<HearthEnv>): string {
  const name = c.req.query("model");
  if (name === undefined || name === "") throw noModel("the query has no model");
  return name;
}

function noModel(reason: string): HearthError {
  return new HearthError("request-invalid", `The request names no model: ${reason}`, {
    hint: "GET /v1/models lists the names.",
  });
}
