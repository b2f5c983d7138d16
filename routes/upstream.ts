import type { Context } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { ModelsConfig } from "../src/models/config/types.ts";
import type { GatewayBody } from "../src/models/proxy/gateway.ts";
import type { BodyRoom } from "./body-room.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { bodyOfCall, isModelCall, isModelList } from "./model-paths.ts";
import { noteModel, paramsOf, passedOn, readForm, STALL_MS } from "./model-request.ts";
import { checkKey, isApiCallOnly, notACall, refuseAsCode } from "./model-rights.ts";
import { readBody, streamBody } from "./read-body.ts";

/**
 * The part below `/upstream/ID` goes to that model's server as it is, whatever it is. Of a peer, and for a key with some
 * models, only calls of the API do, for the model that the path names.
 */
export async function toUpstream(hearth: Hearth, c: Context<HearthEnv>): Promise<Response> {
  refuseAsCode(c);
  const config = hearth.modelsConfig();
  // `URL` has resolved `..` in all its spellings; what is still encoded is no path of an API.
  const { pathname, search } = new URL(c.req.url);
  const rest = pathname.slice(contextOf(c).prefix.length + "/upstream/".length);
  const { name, path } = splitUpstream(rest, config);
  checkKey(hearth, c, name);
  noteModel(hearth, c, name);
  const { gateway, pool } = await hearth.models();
  const isOurs = config.names.has(name);
  const isPeers = !isOurs && config.peerModels.has(name);
  if (isApiCallOnly(hearth, c, name)) {
    const { access } = contextOf(c);
    const mayList = isPeers && access.models === undefined && isModelList(c.req.method, path);
    if (!mayList && !isModelCall(c.req.method, path)) throw notACall(c.req.method, path);
    const room = contextOf(c).bodyRoom(c.req.raw.signal);
    try {
      const body = await bodyFor(hearth, c, name, path, room);
      const request = { ...passedOn(hearth, c, `${path}${search}`), name, body, isLimited: true };
      return await gateway.answer({ ...request, isPassThrough: false });
    } finally {
      room.free();
    }
  }
  const isIgnored = isOurs && config.ignoredPaths.some((pattern) => pattern.test(path));
  if (isIgnored && !pool.isReady(pool.idOf(name))) {
    throw new HearthError("model-unavailable", `"${name}" is not loaded, and ${path} never loads it`, {
      hint: "upstream.ignorePaths in the config says which paths do not.",
    });
  }
  return await gateway.answer({
    ...passedOn(hearth, c, `${path}${search}`),
    name,
    body: wholeBody(hearth, c),
    isPassThrough: true,
  });
}

/** The body as it comes. */
function wholeBody(hearth: Hearth, { req: { raw } }: Context<HearthEnv>): GatewayBody {
  if (raw.body === null) return { kind: "none" };
  const { uploadLimitBytes: limitBytes } = hearth.settings();
  const length = raw.headers.get("content-length");
  return {
    kind: "bytes",
    withModel: () => streamBody(raw, { limitBytes, stallMs: 0, setting: "uploadLimit" }),
    lengthWith: () => (length === null ? undefined : Number(length)),
  };
}

/** The body of a call of the API, for the model that the path names, whatever the body itself says. */
async function bodyFor(
  hearth: Hearth,
  c: Context<HearthEnv>,
  name: string,
  path: string,
  room: BodyRoom,
): Promise<GatewayBody> {
  const { bodyLimitBytes: limitBytes, uploadLimitBytes } = hearth.settings();
  const kind = bodyOfCall(path);
  if (kind === "form") return (await readForm(c.req.raw, limitBytes, uploadLimitBytes, true)).body;
  if (kind === "none") return { kind: "none" };
  const bytes = await readBody(c.req.raw, { limitBytes, stallMs: STALL_MS, setting: "bodyLimit" }, room);
  const given = await paramsOf(bytes, c.req.raw.signal);
  if (given["model"] === name) return { kind: "json", bytes, params: given };
  const params = { ...given, model: name };
  return { kind: "json", bytes: new TextEncoder().encode(JSON.stringify(params)), params };
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
