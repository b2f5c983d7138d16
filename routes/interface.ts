import { type Context, Hono, type TypedResponse } from "hono";
import { objectFrom } from "../src/data/json-keys.ts";
import { writeJson } from "../src/data/json-write.ts";
import { pythonStr } from "../src/data/python-text.ts";
import type { Cell } from "../src/data/table.ts";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import { checkInterface } from "../src/interface/check.ts";
import { readTalk, type TalkFields, type TalkRequest } from "../src/interface/fields.ts";
import { loadInterface } from "../src/interface/load.ts";
import { fileReader } from "./file-reader.ts";
import type { HearthEnv } from "./context.ts";
import { jsonBody, unknownKeys } from "./json-body.ts";
import {
  InterfaceCheckRequest,
  InterfaceReadRequest,
  TalkFieldRequest,
  TalkFieldsRequest,
} from "./schemas.ts";

/** lamd's configs, in the order in which a field is looked for. */
const DEFAULT_CONFIGS = ["_lamd.yml", "_config.yml"];

/** Fields of interfaces and talks (section 3 of the wire contract). */
export function interfaceRoutes(hearth: Hearth) {
  const limit = () => hearth.settings().bodyLimitBytes;
  const needs = (names: string) => `Request must include ${names}`;
  const interfaceBody = jsonBody(InterfaceReadRequest, limit, needs("'interface_file' and 'field'"));
  const checkBody = jsonBody(InterfaceCheckRequest, limit, needs("'interface_file'"));
  const talkBody = jsonBody(TalkFieldRequest, limit, needs("'field' and 'markdown_file'"));
  const fieldsBody = jsonBody(TalkFieldsRequest, limit, needs("'fields' and 'markdown_file'"));

  return new Hono<HearthEnv>()
    .post("/api/interface/read", interfaceBody, async (c) => {
      const body = c.req.valid("json");
      const names = required(body.interface_file, "interface_file");
      const field = required(body.field, "field");
      const directory = body.directory ?? ".";
      const { values } = await loadInterface(names, { ...fileReader(hearth, c), directory });
      const value = Object.hasOwn(values, field) ? (values[field] as Cell) : null;
      return answer(c, { value }, unknownKeys(InterfaceReadRequest, body));
    })
    .post("/api/interface/check", checkBody, async (c) => {
      const body = c.req.valid("json");
      const names = required(body.interface_file, "interface_file");
      const directory = body.directory ?? ".";
      const report = await checkInterface(names, { ...fileReader(hearth, c), directory });
      return c.json({ status: "success" as const, ...report });
    })
    .post("/api/talk/field", talkBody, async (c) => {
      const body = c.req.valid("json");
      const field = required(body.field, "field");
      const request: TalkRequest = {
        markdownFile: required(body.markdown_file, "markdown_file"),
        configFiles: body.config_files ?? [],
        firstConfig: true,
        directory: body.directory ?? undefined,
      };
      const talk = await readTalk(request, fileReader(hearth, c));
      const value = talk.get(field);
      return answer(c, { value: value === undefined ? "" : value }, [
        ...unknownKeys(TalkFieldRequest, body),
        ...talk.warnings,
      ]);
    })
    .post("/api/talk/fields", fieldsBody, async (c) => {
      const body = c.req.valid("json");
      const fields = required(body.fields, "fields");
      const request: TalkRequest = {
        markdownFile: required(body.markdown_file, "markdown_file"),
        configFiles: body.config_files ?? DEFAULT_CONFIGS,
        firstConfig: body.first_config === true,
        directory: body.directory ?? undefined,
      };
      const talk = await readTalk(request, fileReader(hearth, c));
      return answer(c, fieldsAnswer(fields, talk.get, body.spelling === "python"), [
        ...unknownKeys(TalkFieldsRequest, body),
        ...talk.warnings,
      ]);
    });
}

function required<T>(value: T | null | undefined, name: string): T {
  if (value !== undefined && value !== null) return value;
  throw new HearthError("request-invalid", `Request must include '${name}'`, { errorType: "KeyError" });
}

/** Found fields by name and the others; in Python's spelling each value is the text that `str` gives. */
function fieldsAnswer(fields: readonly string[], get: TalkFields["get"], isPython: boolean) {
  const values: [string, Cell][] = [];
  const missing: string[] = [];
  for (const field of new Set(fields)) {
    const value = get(field);
    if (value === undefined) missing.push(field);
    else values.push([field, isPython ? pythonStr(value) : value]);
  }
  return { values: objectFrom(values), missing };
}

/** Written by hand: values may hold whole numbers of any size, floats and dates. */
function answer<T extends { readonly [key: string]: Cell }>(
  c: Context<HearthEnv>,
  parts: T,
  warnings: readonly string[],
): Response & TypedResponse<{ status: "success" } & T, 200, "json"> {
  const further = warnings.length === 0 ? {} : { warnings };
  const text = writeJson({ status: "success", ...parts, ...further });
  return c.body(text, 200, { "content-type": "application/json" }) as never;
}
