import { type Context, Hono, type TypedResponse } from "hono";
import { streamOf } from "../src/data/columns.ts";
import type { CellObject } from "../src/data/json-keys.ts";
import { writeJson } from "../src/data/json-write.ts";
import type { Cell } from "../src/data/table.ts";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { SessionInfo } from "../src/sessions/session-info.ts";
import { answerTable, chosenWriter } from "./answer-table.ts";
import type { HearthEnv } from "./context.ts";
import { fileReader } from "./file-reader.ts";
import { jsonBody, unknownKeys } from "./json-body.ts";
import { NewSessionRequest, SessionOperationRequest } from "./schemas.ts";

const DEFAULT_TIMEOUT_SECONDS = 3600;
const JSON_HEADERS = { "content-type": "application/json" };
const TABLE = { head: '{"status":"success","data":', tail: "}" };

/** Sessions (section 5 of the wire contract), and what hearth has beside it: saving, computing, the whole table. */
export function sessionRoutes(hearth: Hearth) {
  const { sessions } = hearth;
  const limit = () => hearth.settings().bodyLimitBytes;
  const newBody = jsonBody(NewSessionRequest, limit, "Request must include 'interface_file'");
  const operationBody = jsonBody(
    SessionOperationRequest,
    limit,
    "The parameters of a session stand in a JSON object",
  );

  return new Hono<HearthEnv>()
    .post("/api/sessions", newBody, async (c) => {
      const given = c.req.valid("json");
      const { interface_file: interfaceFile, directory, interface_field, timeout } = given;
      if (interfaceFile === undefined) throw missing("interface_file");
      const request = {
        interfaceFile,
        directory: directory ?? ".",
        interfaceField: interface_field ?? null,
        timeout: Number(timeout ?? DEFAULT_TIMEOUT_SECONDS),
      };
      const access = fileReader(hearth, c);
      const id = access.caller.kind === "owner" ? given.session_id?.toLowerCase() : undefined;
      const { session, warnings } = await sessions.create(request, access, id);
      return withWarnings(c, { session }, [...unknownKeys(NewSessionRequest, given), ...warnings]);
    })
    .get("/api/sessions", async (c) => {
      const { sessions: list, warnings } = await sessions.list(fileReader(hearth, c));
      const megabytes = list.reduce((sum, { memory_mb }) => sum + memory_mb, 0);
      const answer = { sessions: list, total_sessions: list.length, total_memory_mb: megabytes };
      return withWarnings(c, answer, warnings);
    })
    .get("/api/sessions/:id", (c) => describe(hearth, c))
    .post("/api/sessions/:id", (c) => describe(hearth, c))
    .delete("/api/sessions/:id", (c) => {
      const id = c.req.param("id");
      sessions.remove(id, fileReader(hearth, c));
      return c.json({ status: "success" as const, message: `Session ${id} deleted` });
    })
    .get("/api/sessions/:id/:operation", (c) =>
      c.req.param("operation") === "table" ? wholeTable(hearth, c) : operate(hearth, c, {}),
    )
    .post("/api/sessions/:id/:operation", operationBody, (c) => {
      const { compute, sections, ...params } = c.req.valid("json");
      // Routes of their own beside one with a parameter would cost every request Hono's quicker router.
      switch (c.req.param("operation")) {
        case "compute":
          return computeOver(hearth, c, compute as Cell | undefined);
        case "save":
          return save(hearth, c, sections ?? undefined);
        default:
          return operate(hearth, c, params as CellObject);
      }
    });
}

type OperationContext = Context<HearthEnv, "/api/sessions/:id/:operation">;

async function computeOver(hearth: Hearth, c: OperationContext, compute: Cell | undefined) {
  const { id } = c.req.param();
  const { cells, warnings } = await hearth.sessions.compute(id, compute, fileReader(hearth, c));
  return withWarnings(c, { cells }, warnings);
}

async function save(hearth: Hearth, c: OperationContext, sections: readonly string[] | undefined) {
  const { id } = c.req.param();
  const result = await hearth.sessions.save(id, sections, fileReader(hearth, c));
  return c.json({ status: "success" as const, ...result });
}

async function wholeTable(hearth: Hearth, c: OperationContext): Promise<Response> {
  const writer = await chosenWriter(c);
  const table = await hearth.sessions.table(c.req.param("id"), fileReader(hearth, c));
  const stream = streamOf(table);
  const { schema } = stream;
  const result = { schema, table, stream: () => stream, memo: unkept, warnings: [] };
  return answerTable(c, hearth, writer, result, TABLE);
}

async function describe(hearth: Hearth, c: Context<HearthEnv, "/api/sessions/:id">) {
  const session = await hearth.sessions.get(c.req.param("id"), fileReader(hearth, c));
  return c.json({ status: "success" as const, session });
}

/** GET and POST do the same; only a POST can have parameters. */
function operate(hearth: Hearth, c: OperationContext, params: CellObject): Response | Promise<Response> {
  const { id, operation } = c.req.param();
  const answer = hearth.sessions.run(id, operation, params, fileReader(hearth, c));
  return answer instanceof Promise ? answer.then((settled) => success(c, settled)) : success(c, answer);
}

/** Written by hand: values may be whole numbers of any size, floats and dates. */
function success(c: Context<HearthEnv>, answer: CellObject): Response {
  return c.body(writeJson({ status: "success", ...answer }), 200, JSON_HEADERS);
}

function withWarnings<T extends { readonly [key: string]: Cell | SessionInfo | readonly SessionInfo[] }>(
  c: Context<HearthEnv>,
  answer: T,
  warnings: readonly string[],
): Response & TypedResponse<{ status: "success" } & T, 200, "json"> {
  const further = warnings.length === 0 ? {} : { warnings };
  return c.json({ status: "success" as const, ...answer, ...further }) as never;
}

function missing(name: string): HearthError {
  return new HearthError("request-invalid", `Missing required parameter: ${name}`);
}

function unkept<T>(_: string, make: () => T): T {
  return make();
}
