import * as v from "valibot";
import { WholeFloat } from "../src/data/table.ts";

/** `30.0` of a body is a float of its own kind. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" || value instanceof WholeFloat;
}

/**
 * Schemas of the requests on lynguine's endpoints. They are loose: unknown keys are accepted, and named in the answer's
 * `warnings`. The parts that belong to one source type or operation are checked by it; for the API's description
 * `described` tells what it demands.
 */

/** What the description says beside what a schema itself can say: as JSON Schema, or by a name of its components. */
export interface DescribedAs {
  readonly json?: Readonly<Record<string, unknown>>;
  readonly ref?: string;
}

/** Tells the description more of a schema. */
export function described<T>(as: DescribedAs): v.MetadataAction<T, Readonly<Record<string, unknown>>> {
  return v.metadata({ ...as });
}

/** Keys without which an endpoint refuses: for its own words they are optional here. */
export function needs<T>(...required: readonly string[]): ReturnType<typeof described<T>> {
  return described({ json: { required } });
}

const Name = v.pipe(v.string(), v.description("A column's name"));

/** A data source; `type` chooses the reader, whose own parameters stand beside it. */
const DataSource = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(() => true),
  described({ ref: "DataSource" }),
);

const Records = v.pipe(
  v.custom<readonly Readonly<Record<string, unknown>>[]>(() => true),
  described({ json: { type: "array", items: { type: "object" } } }),
  v.description("Rows as objects; the order of the keys is the order of the columns"),
);

const InterfaceFile = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.description("Name of the interface's YAML file; of several the first that exists"),
);
const FOLDER = "Folder that file names count from; by default the server's, for an owner the caller's";
const Directory = v.pipe(v.nullable(v.string()), v.description(FOLDER));
const InterfaceField = v.pipe(
  v.nullable(v.string()),
  v.description("A key of the interface whose mapping is taken for the whole"),
);

export const ReadDataRequest = v.pipe(
  v.looseObject({
    data_source: v.optional(DataSource),
    interface_file: v.optional(InterfaceFile),
    directory: v.optional(v.pipe(v.string(), v.description(FOLDER))),
    interface_field: v.optional(InterfaceField),
  }),
  described({ json: { anyOf: [{ required: ["data_source"] }, { required: ["interface_file"] }] } }),
);

export const WriteDataRequest = v.pipe(
  v.looseObject({
    data: v.optional(
      v.pipe(
        v.looseObject({
          records: v.optional(Records),
          columns: v.optional(
            v.pipe(
              v.nullable(v.array(v.union([Name, v.pipe(v.number(), v.integer())]))),
              v.description("Which columns, and their order; by default those of the records"),
            ),
          ),
        }),
        needs("records"),
      ),
    ),
    output: v.optional(
      v.pipe(
        v.custom<Readonly<Record<string, unknown>>>(() => true),
        described({ ref: "Output" }),
      ),
    ),
  }),
  needs("data", "output"),
);

export const ComputeRequest = v.pipe(
  v.looseObject({
    operation: v.optional(v.pipe(v.string(), described({ ref: "OperationName" }))),
    data: v.optional(v.pipe(v.unknown(), described({ ref: "Data" }))),
    data_source: v.optional(v.nullable(DataSource)),
    sources: v.optional(v.pipe(v.record(v.string(), DataSource), v.description("Tables by name"))),
    params: v.optional(v.pipe(v.nullable(v.record(v.string(), v.unknown())), described({ ref: "Params" }))),
  }),
  needs("operation"),
);

export const InterfaceReadRequest = v.pipe(
  v.looseObject({
    interface_file: v.optional(InterfaceFile),
    field: v.optional(v.pipe(v.string(), v.description("A key at the top level"))),
    directory: v.optional(Directory),
  }),
  needs("interface_file", "field"),
);

export const InterfaceCheckRequest = v.pipe(
  v.looseObject({
    interface_file: v.optional(InterfaceFile),
    directory: v.optional(Directory),
  }),
  needs("interface_file"),
);

const MarkdownFile = v.pipe(v.string(), v.description("Text with front matter"));
const ConfigFiles = v.pipe(
  v.nullable(v.array(v.string())),
  v.description("Interfaces that have what the front matter has not"),
);

export const TalkFieldRequest = v.pipe(
  v.looseObject({
    field: v.optional(v.pipe(v.string(), v.description("A key of the front matter, or of the configs"))),
    markdown_file: v.optional(MarkdownFile),
    config_files: v.optional(ConfigFiles),
    directory: v.optional(Directory),
  }),
  needs("field", "markdown_file"),
);

export const TalkFieldsRequest = v.pipe(
  v.looseObject({
    fields: v.optional(v.pipe(v.array(v.string()), v.description("Keys, each asked for once"))),
    markdown_file: v.optional(MarkdownFile),
    config_files: v.optional(ConfigFiles),
    first_config: v.optional(
      v.pipe(v.boolean(), v.description("Look only into the first config that exists, as lynguine does")),
    ),
    spelling: v.optional(
      v.pipe(
        v.picklist(["json", "python"]),
        v.description("python: each value is the text of Python's str()"),
      ),
    ),
    directory: v.optional(Directory),
  }),
  needs("fields", "markdown_file"),
);

export const NewSessionRequest = v.pipe(
  v.looseObject({
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
        described({ json: { type: ["number", "null"], minimum: 0, default: 3600 } }),
        v.description("Seconds after the last use when the session ends; 0: never. Default 3600"),
      ),
    ),
  }),
  needs("interface_file"),
);

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

export const SignInRequest = v.union([
  v.strictObject({
    code: v.pipe(v.string(), v.maxLength(100), v.description("The code in the link that `hearth open` made")),
  }),
  v.strictObject({
    key: v.pipe(v.string(), v.maxLength(4096), v.description("The server's token, or one of its keys")),
  }),
]);

const Nonce = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/), v.description("128 random bits in hex"));

export const ChallengeRequest = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^[0-9a-f]{16}$/),
    v.description("Which secret the page has: HMAC-SHA-256 under it of `id`, 16 digits"),
  ),
  nonce: Nonce,
  host: v.pipe(v.string(), v.maxLength(300), v.description("`location.host` of the page")),
});

export const RootsRequest = v.looseObject({
  roots: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1))),
    v.description("Folders; relative ones from the caller's own"),
  ),
});
