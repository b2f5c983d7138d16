import type { MiddlewareHandler } from "hono";
import * as v from "valibot";
import { DEFAULT_MAX_CELLS } from "../src/data/cell-limit.ts";
import { isCellObject, keysOf } from "../src/data/json-keys.ts";
import { BODY, parseJson, parseJsonSteps, SMALL_JSON_BYTES } from "../src/data/json-parse.ts";
import { HearthError } from "../src/errors.ts";
import { inTurns } from "../src/turns.ts";
import type { BodyRoom } from "./body-room.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { readBody } from "./read-body.ts";

/** Milliseconds that a JSON body may pause. */
const STALL_MS = 30_000;

const EMPTY = new TextEncoder().encode("{}");

/**
 * The body as JSON, whatever its content type says; none at all is `{}` (contract section 1). Numbers keep their
 * spelling and objects their key order. Throws `json-invalid`, or as `readBody` does.
 */
async function readJsonBody(
  request: Request,
  room: BodyRoom,
  limitBytes: number,
  maxCells = DEFAULT_MAX_CELLS,
): Promise<unknown> {
  const bytes = await readBody(request, { limitBytes, stallMs: STALL_MS, setting: "bodyLimit" }, room);
  if (bytes.length < SMALL_JSON_BYTES) return parseJson(bytes.length === 0 ? EMPTY : bytes);
  await room.handle(bytes.length);
  return inTurns(parseJsonSteps(bytes, BODY, maxCells), request.signal);
}

/** Top-level keys of a body; the schemas name far fewer, and each further one is a warning in the answer. */
const MAX_KEYS = 1000;

/**
 * Reads and checks a JSON body, and gives it to the handler as `c.req.valid("json")`.
 *
 * @param maxCells of tables that the body holds; by default the default of the setting
 * @param missing what to say when the body is not an object, as the endpoint's own words for "nothing was asked"
 */
export function jsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  limitBytes: () => number,
  missing: string,
  maxCells?: () => number,
): MiddlewareHandler<
  HearthEnv,
  string,
  { in: { json: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } }
> {
  return async (c, next) => {
    const request = c.req.raw;
    const room = contextOf(c).bodyRoom(request.signal);
    try {
      const body = await readJsonBody(request, room, limitBytes(), maxCells?.());
      checkBody(body, schema, missing);
      // The body itself, not the schema's copy of it: a copy would lose the order of keys that look like numbers.
      c.req.addValidatedData("json", body);
      await next();
    } finally {
      room.free();
    }
  };
}

function checkBody(body: unknown, schema: v.GenericSchema, missing: string): asserts body is object {
  if (!isCellObject(body)) {
    // The class names are Python's for an absent key in None and in anything else.
    const errorType = body === null ? "TypeError" : "ValueError";
    throw new HearthError("request-invalid", `${missing}; the body is not a JSON object`, { errorType });
  }
  const { length } = keysOf(body);
  if (length > MAX_KEYS) {
    throw new HearthError("request-invalid", `The body has ${length} keys, expected at most ${MAX_KEYS}`, {
      hint: "See /openapi.json for the shape of this request.",
    });
  }
  const result = v.safeParse(schema, body);
  if (!result.success) throw invalidRequest(result.issues);
}

function invalidRequest(issues: readonly v.BaseIssue<unknown>[]): HearthError {
  const lines = issues.slice(0, 3).map((issue) => {
    const path = v.getDotPath(issue) ?? "the body";
    const expected = issue.type === "custom" ? issue.message : issue.expected;
    return `"${path}": expected ${expected ?? "another value"}, got ${issue.received}`;
  });
  return new HearthError("request-invalid", `Invalid request: ${lines.join("; ")}`, {
    hint: "See /openapi.json for the shape of this request.",
  });
}

/** Words on the keys of a loose request that nobody reads, for the answer's `warnings`. */
export function unknownKeys(
  schema: { readonly entries: Readonly<Record<string, unknown>> },
  body: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(body)
    .filter((key) => !Object.hasOwn(schema.entries, key))
    .map((key) => `"${key.slice(0, 60)}" is not a key of this request and was not used`);
}
