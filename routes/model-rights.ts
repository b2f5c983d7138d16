import type { Context } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { ModelPool } from "../src/models/pool.ts";
import { rightsNameOf } from "../src/models/resolve-name.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { mayUse } from "./key-access.ts";
import { isModelCall } from "./model-paths.ts";

/** A key may be for some models only. Throws `key-forbidden`, whether or not there is a model of that name. */
export function checkKey(hearth: Hearth, c: Context<HearthEnv>, name: string): void {
  const { access } = contextOf(c);
  if (mayUse(access, rightsNameOf(hearth.modelsConfig(), name))) return;
  throw new HearthError("key-forbidden", `This key may not use the model "${name.slice(0, 200)}"`, {
    hint: "GET /v1/models lists the models that the key is for.",
  });
}

/** Throws `key-forbidden` for a call of a peer, or by a key for some models, that no client of an API makes. */
export function checkCall(hearth: Hearth, c: Context<HearthEnv>, name: string, path: string): void {
  if (isApiCallOnly(hearth, c, name) && !isModelCall(c.req.method, path)) throw notACall(c.req.method, path);
}

/** A peer is asked with the owner's key, and a key for some models is for using them: both reach the API alone. */
export function isApiCallOnly(hearth: Hearth, c: Context<HearthEnv>, name: string): boolean {
  const { names, peerModels } = hearth.modelsConfig();
  return contextOf(c).access.models !== undefined || (!names.has(name) && peerModels.has(name));
}

/** The error of a path or method beyond the API. */
export function notACall(method: string, path: string): HearthError {
  return new HearthError("key-forbidden", `${method} ${path.slice(0, 120)} is not passed on to this model`, {
    hint: "Peers, and keys with `models`, are for the paths of the API, such as POST /v1/chat/completions.",
  });
}

/** A page of hearth's own never runs what a model answers as its script or style. */
export function refuseAsCode(c: Context<HearthEnv>): void {
  const dest = c.req.header("sec-fetch-dest");
  const isCode = dest !== undefined && CODE.has(dest);
  if (!isCode && c.req.header("service-worker") === undefined) return;
  throw new HearthError("origin-refused", "A model's answer can't be loaded as a script or style of a page", {
    hint: "Fetch it as data.",
  });
}

const CODE: ReadonlySet<string> = new Set([
  "audioworklet",
  "embed",
  "object",
  "paintworklet",
  "script",
  "serviceworker",
  "sharedworker",
  "style",
  "worker",
  "xslt",
]);

/** The id of the model that a name means, for a caller who may use it. Throws `model-unknown`. */
export function modelIdFor(hearth: Hearth, c: Context<HearthEnv>, pool: ModelPool, name: string): string {
  checkKey(hearth, c, name);
  return pool.idOf(name);
}
