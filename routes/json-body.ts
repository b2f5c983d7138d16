import type { MiddlewareHandler } from "hono";
import * as v from "valibot";
import { isCellObject } from "../src/data/json-keys.ts";
import { parseJson } from "../src/data/json-parse.ts";
import { HearthError } from "../src/errors.ts";
import type { HearthEnv } from "./context.ts";
import { readBody } from "./read-body.ts";

/** Milliseconds that a JSON body may pause. */
const STALL_MS = 30_000;

const EMPTY = new TextEncoder().encode("{}");

/**
 * The body as JSON, whatever its content type says; none at all is `{}` (contract section 1). Numbers keep their
 * spelling and objects their key order. Throws `json-invalid`, or as `readBody` does.
 */
export async function readJsonBody(request: Request, limitBytes: number): Promise<unknown> {
  const bytes = await readBody(request, { limitBytes, stallMs: STALL_MS, setting: "bodyLimit" });
  return parseJson(bytes.length === 0 ? EMPTY : bytes);
}

/**
 * Reads and checks a JSON body, and gives it to the handler as `c.req.valid("json")`.
 *
 * @param missing what to say when the body is not an object, as the endpoint's own words for "nothing was asked"
 */
export function jsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  limitBytes: () => number,
  missing: string,
): MiddlewareHandler<
  HearthEnv,
  string,
  { in: { json: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } }
> {
  return async (c, next) => {
    const body = await readJsonBody(c.req.raw, limitBytes());
    if (!isCellObject(body)) {
      // The class names are Python's for an absent key in None and in anything else.
      const errorType = body === null ? "TypeError" : "ValueError";
      throw new HearthError("request-invalid", `${missing}; the body is not a JSON object`, { errorType });
    }
    const result = v.safeParse(schema, body);
    if (!result.success) throw invalidRequest(result.issues);
    // The body itself, not the schema's copy of it: a copy would lose the order of keys that look like numbers.
    c.req.addValidatedData("json", body);
    await next();
  };
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
