import { type Context, Hono } from "hono";
import { parseJson } from "../src/data/json-parse.ts";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { ModelConfig, ModelsConfig } from "../src/models/config/types.ts";
import type { ModelPool } from "../src/models/pool.ts";
import type { CallFacts, GatewayBody, GatewayRequest } from "../src/models/proxy/gateway.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { mayUse } from "./key-access.ts";
import { FORM_PATHS, JSON_PATHS, QUERY_PATHS } from "./model-paths.ts";
import { readBody, streamBody } from "./read-body.ts";

/** Milliseconds that a body may pause. */
const STALL_MS = 60_000;

/** Scripts of a model server's own page must not act in hearth's name. */
const SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-downloads";

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
  const { name: asked, body } = await readRequest(hearth, c, where);
  const { prefix } = contextOf(c);
  const { pathname, search } = new URL(c.req.url);
  const target = `${pathname.slice(prefix.length)}${search}`;
  const { gateway, pool } = await hearth.models();
  const name = pool.resolve(asked);
  checkKey(hearth, c, name);
  noteModel(hearth, c, name);
  return await gateway.answer({ ...passedOn(hearth, c, target), name, body, keepsEncoding: false });
}

async function readRequest(
  hearth: Hearth,
  c: Context<HearthEnv>,
  where: Where,
): Promise<{ readonly name: string; readonly body: GatewayBody }> {
  if (where === "query") return { name: nameInQuery(c), body: { kind: "none" } };
  const { bodyLimitBytes: limitBytes, uploadLimitBytes } = hearth.settings();
  if (where === "form") return await readForm(c.req.raw, limitBytes, uploadLimitBytes);
  const bytes = await readBody(c.req.raw, { limitBytes, stallMs: STALL_MS, setting: "bodyLimit" });
  // Node and Deno give a request of some methods an empty body where it has none.
  if (bytes.length === 0) return { name: nameInQuery(c), body: { kind: "none" } };
  const params = paramsOf(bytes);
  const name = params["model"];
  if (typeof name === "string" && name !== "") return { name, body: { kind: "json", bytes, params } };
  if (name === undefined && c.req.query("model") !== undefined) {
    return { name: nameInQuery(c), body: { kind: "json", bytes, params } };
  }
  throw noModel(`"model" of the body is ${name === undefined ? "missing" : "not a name"}`);
}

function paramsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Its words for what is wrong have a place in the text, and are the same on every runtime.
    value = parseJson(bytes);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new HearthError("request-invalid", "The body is not a JSON object");
}

/** A form is passed on as it comes, but for the model's name, which may stand behind the files. */
async function readForm(
  request: Request,
  limitBytes: number,
  uploadLimitBytes: number,
): Promise<{ readonly name: string; readonly body: GatewayBody }> {
  const { boundaryOf, readModelField } = await import("../src/models/proxy/multipart.ts");
  const boundary = boundaryOf(request.headers.get("content-type"));
  if (boundary === undefined) {
    throw new HearthError("media-type-unsupported", "The body is not a form (multipart/form-data)");
  }
  const pieces = streamBody(request, {
    limitBytes: uploadLimitBytes,
    stallMs: STALL_MS,
    setting: "uploadLimit",
  });
  const { after, before, name } = await readModelField(pieces, boundary, limitBytes);
  const encode = (text: string) => new TextEncoder().encode(text);
  const declared = request.headers.get("content-length");
  return {
    name,
    body: {
      kind: "bytes",
      async *withModel(sent) {
        yield before;
        yield encode(sent);
        yield after;
        yield* pieces;
      },
      lengthWith: (sent) =>
        declared === null ? undefined : Number(declared) + encode(sent).length - encode(name).length,
    },
  };
}

/** The part below `/upstream/ID` goes to that model's server as it is, whatever it is. */
async function toUpstream(hearth: Hearth, c: Context<HearthEnv>): Promise<Response> {
  const config = hearth.modelsConfig();
  const { pathname, search } = new URL(c.req.url);
  const rest = pathname.slice(contextOf(c).prefix.length + "/upstream/".length);
  const { name, path } = splitUpstream(rest, config);
  checkKey(hearth, c, name);
  noteModel(hearth, c, name);
  const { gateway, pool } = await hearth.models();
  const isIgnored = config.ignoredPaths.some((pattern) => pattern.test(path));
  if (isIgnored && !pool.isReady(pool.idOf(name))) {
    throw new HearthError("model-unavailable", `"${name}" is not loaded, and ${path} never loads it`, {
      hint: "upstream.ignorePaths in the config says which paths do not.",
    });
  }
  const { raw } = c.req;
  const { uploadLimitBytes: limitBytes } = hearth.settings();
  const length = raw.headers.get("content-length");
  const body: GatewayBody =
    raw.body === null
      ? { kind: "none" }
      : {
          kind: "bytes",
          withModel: () => streamBody(raw, { limitBytes, stallMs: 0, setting: "uploadLimit" }),
          lengthWith: () => (length === null ? undefined : Number(length)),
        };
  const response = await gateway.answer({
    ...passedOn(hearth, c, `${path}${search}`),
    name,
    body,
    keepsEncoding: true,
  });
  if (/^(?:text\/html|application\/xhtml|image\/svg)/i.test(response.headers.get("content-type") ?? "")) {
    response.headers.append("content-security-policy", SANDBOX);
  }
  return response;
}

/** Names hold slashes: the longest one that is known wins. */
function splitUpstream(rest: string, config: ModelsConfig): { readonly name: string; readonly path: string } {
  const parts = rest.split("/");
  for (let count = parts.length; count > 0; count -= 1) {
    const name = decoded(parts.slice(0, count).join("/"));
    const isKnown = config.names.has(name) || config.peerModels.has(name);
    if (isKnown) return { name, path: `/${parts.slice(count).join("/")}` };
  }
  return { name: decoded(parts[0] ?? ""), path: `/${parts.slice(1).join("/")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function passedOn(
  hearth: Hearth,
  c: Context<HearthEnv>,
  target: string,
): Omit<GatewayRequest, "name" | "body" | "keepsEncoding"> {
  const { raw } = c.req;
  const context = contextOf(c);
  const { access, signal, span } = context;
  const { apiKeys } = hearth.modelsConfig();
  const dropsKey = hearth.settings().token !== undefined || apiKeys.length > 0 || access.isPage === true;
  return {
    method: raw.method,
    target,
    headers: raw.headers,
    signal,
    dropsKey,
    hold: () => context.hold(),
    left: () => context.left(),
    beginSpan: span === undefined ? undefined : (call: CallFacts) => span.beginCall(call),
  };
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

/** A key may be for some models only. Throws `model-unknown`, as for one that is not there. */
function checkKey(hearth: Hearth, c: Context<HearthEnv>, name: string): void {
  const { names } = hearth.modelsConfig();
  if (!mayUse(contextOf(c).access, names.get(name) ?? name)) {
    throw new HearthError("model-unknown", `No model named "${name.slice(0, 200)}" for this key`);
  }
}

/** Only names of the config are noted: they are few. */
function noteModel(hearth: Hearth, c: Context<HearthEnv>, name: string): void {
  const { names, peerModels } = hearth.modelsConfig();
  const id = names.get(name) ?? (peerModels.has(name) ? name : undefined);
  if (id !== undefined) contextOf(c).model = id;
}

interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly [key: string]: unknown;
}

/** `created` is the same for all and at every call: nothing is known of it. */
const CREATED = 1_700_000_000;

/** What the config lists, for this caller; starts nothing. */
function listed(config: ModelsConfig, c: Context<HearthEnv>): readonly ListedModel[] {
  const { access } = contextOf(c);
  const own = [...config.models.values()]
    .filter(({ id, listing }) => listing.isListed && mayUse(access, id))
    .flatMap((model) => recordsOf(model, config.listsAliases));
  const peers = [...config.peers.values()].flatMap(({ id, models }) =>
    models
      .map((model) => (config.peerModels.get(model)?.peer.id === id ? model : `${id}/${model}`))
      .filter((name) => mayUse(access, name))
      .map((name): ListedModel => ({ id: name, object: "model", created: CREATED, owned_by: id })),
  );
  const selectors = [...config.selectors.values()]
    .filter(({ targets }) => targets.some((target) => mayUse(access, config.names.get(target) ?? target)))
    .map(({ id, listing }) => recordOf(id, listing));
  return [...own, ...selectors, ...peers];
}

function recordsOf({ id, listing }: ModelConfig, listsAliases: boolean): readonly ListedModel[] {
  const record = recordOf(id, listing);
  const aliases = listsAliases ? listing.aliases.filter(({ isListed }) => isListed) : [];
  return [
    record,
    ...aliases.map((alias) => ({
      ...record,
      id: alias.id,
      ...(alias.name === undefined ? {} : { name: alias.name }),
    })),
  ];
}

function recordOf(
  id: string,
  { capabilities, description, metadata, name }: Partial<ModelConfig["listing"]>,
): ListedModel {
  return {
    id,
    object: "model",
    created: CREATED,
    owned_by: "hearth",
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(capabilities === undefined ? {} : { capabilities }),
    // Where llama-swap's clients look for it.
    ...(metadata === undefined ? {} : { meta: { llamaswap: metadata } }),
  };
}

function oneListed(config: ModelsConfig, c: Context<HearthEnv>, name: string): ListedModel {
  const id = config.names.get(name) ?? name;
  const all = { ...config, models: new Map([...config.models].map(([key, model]) => [key, visible(model)])) };
  const found = listed(all, c).find((model) => model.id === id);
  if (found === undefined) {
    throw new HearthError("model-unknown", `No model named "${name.slice(0, 200)}"`, {
      hint: "GET /v1/models lists the names.",
    });
  }
  return found;
}

/** Who knows its name may look at a model that is not listed. */
function visible(model: ModelConfig): ModelConfig {
  return { ...model, listing: { ...model.listing, isListed: true } };
}

/** The id of the model that a name means, for a caller who may use it. Throws `model-unknown`. */
export function modelIdFor(hearth: Hearth, c: Context<HearthEnv>, pool: ModelPool, name: string): string {
  checkKey(hearth, c, name);
  return pool.idOf(name);
}
