import type { Context } from "hono";
import { BODY, parseJson, parseJsonSteps } from "../src/data/json-parse.ts";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { CallFacts, GatewayBody, GatewayRequest } from "../src/models/proxy/gateway.ts";
import { inTurns } from "../src/turns.ts";
import { FREE_BYTES } from "./body-room.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { streamBody } from "./read-body.ts";

/** Milliseconds that a body may pause. */
export const STALL_MS = 60_000;

/** What a request may hold, as cells of a table: texts as long as `bodyLimit` fit, millions of empty lists do not. */
const MAX_VALUES = 8_000_000;

/** The object of a JSON body. Throws `json-invalid`, `request-invalid`, and `data-too-large` for millions of values. */
export async function paramsOf(
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  // Counted first: the engine's own parser takes any amount of memory.
  if (bytes.length > FREE_BYTES) await inTurns(parseJsonSteps(bytes, BODY, MAX_VALUES), signal);
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
export async function readForm(
  request: Request,
  limitBytes: number,
  uploadLimitBytes: number,
  isOneModel: boolean,
): Promise<{ readonly name: string; readonly body: GatewayBody }> {
  const { boundaryOf, readModelField } = await import("../src/models/proxy/multipart.ts");
  const { checkOneModelPart, withoutFurtherModel } = await import("../src/models/proxy/one-model.ts");
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
  if (isOneModel) checkOneModelPart(before);
  const encode = (text: string) => new TextEncoder().encode(text);
  const declared = request.headers.get("content-length");
  return {
    name,
    body: {
      kind: "bytes",
      async *withModel(sent) {
        yield before;
        yield encode(sent);
        if (isOneModel) yield* withoutFurtherModel(chained(after, pieces));
        else yield* chained(after, pieces);
      },
      lengthWith: (sent) =>
        declared === null ? undefined : Number(declared) + encode(sent).length - encode(name).length,
    },
  };
}

async function* chained(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first;
  yield* rest;
}

/** What of a request goes on to a model, apart from its name and body. */
export function passedOn(
  hearth: Hearth,
  c: Context<HearthEnv>,
  target: string,
): Omit<GatewayRequest, "name" | "body" | "isPassThrough"> {
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
    seesOutput: access.seesOutput,
    isLimited: access.models !== undefined,
    hold: () => context.hold(),
    left: () => context.left(),
    beginSpan: span === undefined ? undefined : (call: CallFacts) => span.beginCall(call),
  };
}

/** Only names of the config are noted: they are few. */
export function noteModel(hearth: Hearth, c: Context<HearthEnv>, name: string): void {
  const { names, peerModels } = hearth.modelsConfig();
  const id = names.get(name) ?? (peerModels.has(name) ? name : undefined);
  if (id !== undefined) contextOf(c).model = id;
}
