import { Hono, type MiddlewareHandler, type TypedResponse } from "hono";
import type * as v from "valibot";
import type { Operation } from "../src/compute/service.ts";
import { tableBehind } from "../src/data/columns.ts";
import type { CellObject } from "../src/data/json-keys.ts";
import type { TableStream } from "../src/data/table.ts";
import { HearthError } from "../src/errors.ts";
import { type Hearth, zoneOf } from "../src/hearth.ts";
import { interfaceInput, type InterfaceOptions } from "../src/interface/load.ts";
import { answerTable, chosenWriter, type TableResult } from "./answer-table.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { jsonBody, unknownKeys } from "./json-body.ts";
import type { ComputeAnswer, ReadAnswer } from "./openapi/answers/tables.ts";
import { ComputeRequest, ReadDataRequest, WriteDataRequest } from "./schemas.ts";
import { bodyType, queryParameters, withUpload } from "./upload.ts";

const READ = { head: '{"status":"success","data":', tail: "}" };
const BODY_NAME = "the body";

/** What Hono's typed client is told of answers that are put together as text. */
type JsonAnswer<T> = Response & TypedResponse<T, 200, "json">;

/** Reading, writing and computing over tables. */
export function dataRoutes(hearth: Hearth) {
  const limit = () => hearth.settings().bodyLimitBytes;
  const cells = () => hearth.settings().maxCells;
  const readMissing = "Request must include 'interface_file' or 'data_source'";
  const readBody = jsonBody(ReadDataRequest, limit, readMissing, cells);
  const writeBody = jsonBody(WriteDataRequest, limit, "Request must include 'data' and 'output'", cells);
  const computeBody = jsonBody(ComputeRequest, limit, "Request must include 'operation'", cells);

  return new Hono<HearthEnv>()
    .post("/api/read_data", readUploaded(hearth), readBody, async (c) => {
      const body = c.req.valid("json");
      const writer = await chosenWriter(c);
      const caller = contextOf(c).caller();
      const files = hearth.filesFor(caller);
      const { signal } = contextOf(c);
      const source = await sourceOf(body, { caller, files, documents: hearth.documents, signal });
      const result = await hearth.data.read(source, { files, signal, timeZone: zoneOf(caller) });
      const warned = withWarnings(result, unknownKeys(ReadDataRequest, body));
      return (await answerTable(c, hearth, writer, warned, READ)) as JsonAnswer<
        v.InferOutput<typeof ReadAnswer>
      >;
    })
    .post("/api/write_data", writeUploaded(hearth), writeBody, async (c) => {
      const body = c.req.valid("json");
      const { data, output } = body;
      if (data?.records === undefined) throw missing("Request must include 'data' with 'records'");
      if (output === undefined) throw missing("Request must include 'output'");
      const files = hearth.filesFor(contextOf(c).caller());
      const records = { records: data.records, columns: data.columns };
      const written = await hearth.data.write(records, output, { files, signal: contextOf(c).signal });
      return c.json(writeAnswer(written, [...unknownKeys(WriteDataRequest, body), ...written.warnings]));
    })
    .post("/api/compute", computeBody, async (c) => {
      const body = c.req.valid("json");
      const caller = contextOf(c).caller();
      const files = hearth.filesFor(caller);
      const { signal } = contextOf(c);
      const timeZone = zoneOf(caller);
      const writer = await chosenWriter(c);
      const read = (source: unknown) => hearth.data.readForQuery(source, { files, signal, timeZone });
      const { operation, warnings, stream } = await hearth.compute.compute(body as CellObject, {
        read,
        signal,
        timeZone,
        maxCells: cells(),
      });
      const name = JSON.stringify(operation);
      const message = JSON.stringify(`Compute operation '${operation}' completed`);
      const envelope = {
        head: `{"status":"success","operation":${name},"message":${message},"result":`,
        tail: "}",
      };
      const warned = withWarnings(computed(stream), [...unknownKeys(ComputeRequest, body), ...warnings]);
      return (await answerTable(c, hearth, writer, warned, envelope)) as JsonAnswer<
        v.InferOutput<typeof ComputeAnswer>
      >;
    })
    .get("/api/operations", async (c) => {
      const { operations, problems } = await hearth.compute.operations();
      const warnings = problems.length === 0 ? {} : { warnings: problems };
      return c.json({
        status: "success" as const,
        operations: operations.map(describeOperation),
        ...warnings,
      });
    });
}

/** Reading from the body itself, where the query names its type. */
function readUploaded(hearth: Hearth): MiddlewareHandler<HearthEnv> {
  return async (c, next) => {
    const named = c.req.query("type");
    if (named === undefined) return next();
    const type = bodyType(named, undefined);
    const writer = await chosenWriter(c);
    const parameters = queryParameters(c.req.query(), "", ["type", "format"]);
    return withUpload(c, hearth, async ({ path }) => {
      const { callerKey } = hearth.filesFor(contextOf(c).caller());
      const upload = { path, shownName: BODY_NAME, type, parameters, callerKey };
      return answerTable(c, hearth, writer, await hearth.data.readUpload(upload, contextOf(c).signal), READ);
    });
  };
}

/** Writing what the body itself holds, where the query names the target. */
function writeUploaded(hearth: Hearth): MiddlewareHandler<HearthEnv> {
  return async (c, next) => {
    const filename = c.req.query("output");
    if (filename === undefined) return next();
    const query = c.req.query();
    const from = bodyType(query["from"], c.req.header("content-type"));
    const output = { type: "auto", ...queryParameters(query, "", ["output", "from"]), filename };
    const files = hearth.filesFor(contextOf(c).caller());
    // A target that is refused should be so before gigabytes of body were taken.
    await hearth.data.checkTarget(output, files);
    return withUpload(c, hearth, async ({ path }) => {
      const { signal } = contextOf(c);
      const parameters = queryParameters(query, "from.", []);
      const table = await hearth.data.readUpload(
        { path, shownName: BODY_NAME, type: from, parameters, callerKey: files.callerKey },
        signal,
      );
      const written = await hearth.data.write(table.stream(), output, { files, signal });
      return c.json(writeAnswer(written, [...table.warnings, ...written.warnings]));
    });
  };
}

/** The data source of a request; the input of an interface, where there is one, wins (section 4 of the wire contract). */
async function sourceOf(
  body: v.InferOutput<typeof ReadDataRequest>,
  reader: Omit<InterfaceOptions, "directory" | "field">,
): Promise<unknown> {
  const { interface_file: names, interface_field: field, directory = ".", data_source: source } = body;
  if (names !== undefined) return interfaceInput(names, { ...reader, directory, field: field ?? undefined });
  if (source === undefined) throw missing("Request must include 'interface_file' or 'data_source'");
  return source;
}

function missing(message: string): HearthError {
  return new HearthError("request-invalid", message, {
    hint: "See /openapi.json for the shape of this request.",
  });
}

/** A computed table as one that was read: nothing of it is kept. */
function computed(stream: TableStream): TableResult {
  return {
    schema: stream.schema,
    table: tableBehind(stream),
    stream: () => stream,
    memo: (_, make) => make(),
    warnings: [],
  };
}

function describeOperation({ name, summary, functionOf, origin, parameters, arguments: own }: Operation) {
  return {
    name,
    summary,
    kind: functionOf === undefined ? ("operation" as const) : (`${functionOf} function` as const),
    ...(origin === undefined ? {} : { origin }),
    parameters,
    ...(own === undefined ? {} : { arguments: own }),
  };
}

function withWarnings<T extends TableResult>(result: T, warnings: readonly string[]): TableResult {
  return warnings.length === 0 ? result : { ...result, warnings: [...result.warnings, ...warnings] };
}

interface Written {
  readonly rows: number;
  readonly bytes: number;
}

function writeAnswer({ rows, bytes }: Written, warnings: readonly string[]) {
  const answer = { status: "success" as const, message: `Wrote ${rows} records`, rows, bytes };
  return warnings.length === 0 ? answer : { ...answer, warnings };
}
