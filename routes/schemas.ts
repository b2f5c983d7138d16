import * as v from "valibot";
import { WholeFloat } from "../src/data/table.ts";

/** `30.0` of a body is a float of its own kind. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" || value instanceof WholeFloat;
}

/**
 * Schemas of the requests on lynguine's endpoints. They are loose: unknown keys are accepted, and named in the answer's
 * `warnings`. The parts that belong to one source type or operation are checked by it.
 */

const Name = v.pipe(v.string(), v.description("A column's name"));

/** A data source; `type` chooses the reader, whose own parameters stand beside it. */
const DataSource = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(() => true),
  v.metadata({
    description:
      "Where the data comes from: type (csv, tsv, json, ndjson, parquet, local, auto), filename, directory, and the type's own parameters",
  }),
);

const Records = v.pipe(
  v.custom<readonly Readonly<Record<string, unknown>>[]>(() => true),
  v.description("Rows as objects; the order of the keys is the order of the columns"),
);

export const ReadDataRequest = v.looseObject({
  data_source: v.optional(DataSource),
  interface_file: v.optional(v.union([v.string(), v.array(v.string())])),
  directory: v.optional(v.string()),
  interface_field: v.optional(v.nullable(v.string())),
});

export const WriteDataRequest = v.looseObject({
  data: v.optional(
    v.looseObject({
      records: v.optional(Records),
      columns: v.optional(v.nullable(v.array(v.union([Name, v.number()])))),
    }),
  ),
  output: v.optional(
    v.pipe(
      v.custom<Readonly<Record<string, unknown>>>(() => true),
      v.description("Where the data goes: type (csv, tsv, json, ndjson, parquet), filename, directory"),
    ),
  ),
});

export const ComputeRequest = v.looseObject({
  operation: v.optional(v.pipe(v.string(), v.description("Name of the operation, such as sql or filter"))),
  data: v.optional(v.pipe(v.unknown(), v.description("{records, columns?} or a list of records"))),
  data_source: v.optional(DataSource),
  sources: v.optional(v.pipe(v.record(v.string(), DataSource), v.description("Tables by name"))),
  params: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
});

const InterfaceFile = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.description("Name of the interface's YAML file; of several the first that exists"),
);
const Directory = v.pipe(
  v.nullable(v.string()),
  v.description("Folder that file names count from; by default the server's, for an owner the caller's"),
);

export const InterfaceReadRequest = v.looseObject({
  interface_file: v.optional(InterfaceFile),
  field: v.optional(v.pipe(v.string(), v.description("A key at the top level"))),
  directory: v.optional(Directory),
});

export const InterfaceCheckRequest = v.looseObject({
  interface_file: v.optional(InterfaceFile),
  directory: v.optional(Directory),
});

const MarkdownFile = v.pipe(v.string(), v.description("Text with front matter"));
const ConfigFiles = v.pipe(
  v.nullable(v.array(v.string())),
  v.description("Interfaces that have what the front matter has not"),
);

export const TalkFieldRequest = v.looseObject({
  field: v.optional(v.string()),
  markdown_file: v.optional(MarkdownFile),
  config_files: v.optional(ConfigFiles),
  directory: v.optional(Directory),
});

export const TalkFieldsRequest = v.looseObject({
  fields: v.optional(v.array(v.string())),
  markdown_file: v.optional(MarkdownFile),
  config_files: v.optional(ConfigFiles),
  first_config: v.optional(
    v.pipe(v.boolean(), v.description("Look only into the first config that exists, as lynguine does")),
  ),
  spelling: v.optional(
    v.pipe(v.picklist(["json", "python"]), v.description("python: each value is the text of Python's str()")),
  ),
  directory: v.optional(Directory),
});

const InterfaceField = v.pipe(
  v.nullable(v.string()),
  v.description("A key of the interface whose mapping is taken for the whole"),
);

export const NewSessionRequest = v.looseObject({
  session_id: v.optional(
    v.pipe(v.string(), v.uuid(), v.description("Chosen by the owner's client; others get one")),
  ),
  interface_file: v.optional(v.pipe(v.string(), v.description("Name of the interface's YAML file"))),
  directory: v.optional(Directory),
  interface_field: v.optional(InterfaceField),
  timeout: v.optional(
    v.pipe(
      v.custom<number | null>(
        (value) => value === null || (isNumber(value) && Number(value) >= 0),
        "a number of seconds, 0 or more",
      ),
      v.metadata({
        description: "Seconds after the last use when the session ends; 0: never. Default 3600",
      }),
    ),
  ),
});

const ComputeEntries = v.pipe(v.unknown(), v.description("Entries to run; absent: those of the interface"));
const SavedSections = v.pipe(
  v.nullable(v.array(v.string())),
  v.description("Sections to save; absent: all outputs that were changed"),
);

/** An operation needs those of its own, or none. */
export const SessionOperationRequest = v.looseObject({
  index: v.optional(v.pipe(v.unknown(), v.description("A row label"))),
  column: v.optional(Name),
  value: v.optional(v.pipe(v.unknown(), v.description("A cell's value, or a subindex"))),
  subindex: v.optional(v.pipe(v.unknown(), v.description("The row of a series; of set_value_at alone"))),
  compute: v.optional(ComputeEntries),
  sections: v.optional(SavedSections),
});

export const SessionComputeRequest = v.looseObject({ compute: v.optional(ComputeEntries) });

export const SessionSaveRequest = v.looseObject({ sections: v.optional(SavedSections) });

export const RootsRequest = v.looseObject({
  roots: v.array(v.pipe(v.string(), v.minLength(1))),
});

/** The error body of every endpoint (contract section 1), with hearth's own three fields. */
export const ErrorAnswer = v.object({
  status: v.literal("error"),
  error_type: v.string(),
  error_message: v.string(),
  traceback: v.literal(""),
  code: v.string(),
  hint: v.string(),
  request_id: v.string(),
});

// A tuple would be described in the words of an older JSON Schema, which OpenAPI 3.1 does not know.
const Shape = v.pipe(
  v.array(v.number()),
  v.length(2),
  v.description("Rows and columns"),
) as unknown as v.GenericSchema<[number, number]>;

/** A table as it stands in an answer (contract section 4). */
export const TableAnswer = v.object({
  records: v.array(v.record(v.string(), v.unknown())),
  columns: v.array(v.union([v.string(), v.number()])),
  shape: Shape,
  dtypes: v.record(v.string(), v.string()),
});

const Warnings = v.pipe(
  v.optional(v.array(v.string())),
  v.description("What the request had that nobody used, in words"),
);

export const ReadAnswer = v.object({
  status: v.literal("success"),
  data: TableAnswer,
  warnings: Warnings,
});

export const WriteAnswer = v.object({
  status: v.literal("success"),
  message: v.string(),
  rows: v.pipe(v.number(), v.description("Rows written")),
  bytes: v.pipe(v.number(), v.description("Bytes of the file")),
  warnings: Warnings,
});

export const ComputeAnswer = v.object({
  status: v.literal("success"),
  operation: v.string(),
  message: v.string(),
  result: TableAnswer,
  warnings: Warnings,
});

const FieldValue = v.pipe(v.unknown(), v.description("Dates are ISO text"));

export const FieldAnswer = v.object({
  status: v.literal("success"),
  value: FieldValue,
  warnings: Warnings,
});

export const FieldsAnswer = v.object({
  status: v.literal("success"),
  values: v.record(v.string(), FieldValue),
  missing: v.pipe(v.array(v.string()), v.description("Fields that nobody has")),
  warnings: Warnings,
});

export const InterfaceCheckAnswer = v.object({
  status: v.literal("success"),
  files: v.pipe(v.array(v.string()), v.description("Every file that was read, its own first")),
  sections: v.array(v.object({ name: v.string(), type: v.string() })),
  problems: v.array(v.string()),
});

const Seconds = v.pipe(v.number(), v.description("Seconds since the epoch"));

const Session = v.object({
  session_id: v.string(),
  interface_file: v.string(),
  directory: v.string(),
  interface_field: v.nullable(v.string()),
  shape: Shape,
  columns: v.array(v.string()),
  memory_mb: v.number(),
  created_time: Seconds,
  last_accessed: Seconds,
  timeout: v.number(),
  age_seconds: v.number(),
  idle_seconds: v.number(),
  made_by: v.optional(v.pipe(v.picklist(["owner", "guest"]), v.description("Told to the owner alone"))),
});

export const SessionAnswer = v.object({
  status: v.literal("success"),
  session: Session,
  warnings: Warnings,
});

export const SessionsAnswer = v.object({
  status: v.literal("success"),
  sessions: v.array(Session),
  total_sessions: v.number(),
  total_memory_mb: v.number(),
  warnings: Warnings,
});

export const SessionComputeAnswer = v.object({
  status: v.literal("success"),
  cells: v.pipe(v.number(), v.description("Cells that got a value")),
  warnings: Warnings,
});

export const SessionSaveAnswer = v.object({
  status: v.literal("success"),
  saved: v.array(v.object({ section: v.string(), path: v.string(), rows: v.number(), bytes: v.number() })),
  skipped: v.array(v.object({ section: v.string(), reason: v.string() })),
});

export const MessageAnswer = v.object({ status: v.literal("success"), message: v.string() });

export const PingAnswer = v.object({ status: v.literal("ok"), message: v.literal("pong") });

export const HealthAnswer = v.object({
  status: v.literal("ok"),
  server: v.string(),
  version: v.string(),
  hearth: v.object({
    version: v.string(),
    protocol: v.number(),
    runtime: v.string(),
    instance: v.nullable(v.string()),
    config: v.nullable(v.string()),
    directory: v.nullable(v.string()),
    pid: v.number(),
  }),
});
