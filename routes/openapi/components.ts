import { OPERATIONS } from "../../src/compute/operations/index.ts";
import { SOURCE_TYPES } from "../../src/data/readers/index.ts";
import { OUTPUT_TYPES } from "../../src/data/writers/index.ts";
import type { JsonSchema } from "./described.ts";

const optionalText = (description: string): JsonSchema => ({ type: ["string", "null"], description });

const PLACE = {
  filename: optionalText("The file; not of every type"),
  directory: optionalText(
    "Folder that a relative filename is joined to; `$NAME` and `${NAME}` in it are expanded",
  ),
  base_directory: optionalText("Folder that a relative directory is joined to"),
  allowed_roots: {
    anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "null" }],
    description: "Folders that the file must be below besides; it only narrows",
  },
};

const means = (words: Readonly<Record<string, string>>): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.entries(words).map(([name, description]) => [name, { description }]));

/** What docs/formats.md has in full; which of them there are depends on the type. */
const READING = means({
  header: "csv, tsv, excel: records before the header; null: there is none",
  delimiter: "csv: one ASCII character",
  quotechar: "csv: one ASCII character",
  dtypes: 'csv, excel: a list of {"field": NAME, "type": TYPE}',
  infer: "csv: pandas or engine",
  sheet: "excel: name or number",
  data: "local: the rows, or columns",
  nrows: "fake: how many rows",
  cols: "fake: what each column holds",
  specifications: "hstack, vstack, stack, series: the sources",
  reset_index: "vstack: rows are numbered anew",
  source: "folders: which one and which files",
  glob: "folders: which files",
  store_fields: "folders: names of the columns that tell the file",
});

/** Applied when the table was read, whatever the type. */
const AFTER_READING = means({
  index: "The column that labels the rows",
  columns: "Columns to add without values, where they are not there",
  add_columns: "The same",
  rename_columns: '{"old": "new"}',
  ignore_columns: "Columns to drop",
  select_columns: "Only these, in this order",
  compute: "Functions over the rows, one behind the other (docs/compute.md)",
});

const WRITTEN = means({
  delimiter: "csv: one ASCII character",
  quotechar: "csv: one ASCII character",
  sheet: "excel: its name",
  header: "excel: blank rows before the header",
  compression: "parquet",
});

const RECORDS: JsonSchema = { type: "array", items: { type: "object" } };

/** By name, with each operation that has one of it. */
const PARAMETERS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  [...new Set(OPERATIONS.flatMap(({ parameters }) => Object.keys(parameters)))].map((name) => {
    const known = OPERATIONS.filter(({ parameters }) => name in parameters);
    const words = known.map((operation) => `${operation.name}: ${operation.parameters[name]}`);
    return [name, { description: words.join("; ") }];
  }),
);

/** Schemas that are checked by code: which parameters there are depends on a type or an operation. */
export const COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  DataSource: {
    type: "object",
    description:
      "Where data comes from. Which parameters there are depends on the type (docs/formats.md); unknown ones are warned of",
    required: ["type"],
    properties: {
      type: { type: "string", enum: SOURCE_TYPES, description: "auto: by the file name's extension" },
      ...PLACE,
      ...READING,
      ...AFTER_READING,
    },
  },
  Output: {
    type: "object",
    description: "Where data goes. Which parameters there are depends on the type (docs/formats.md)",
    required: ["type"],
    properties: {
      type: {
        type: "string",
        enum: OUTPUT_TYPES,
        description: "auto: by the file name's extension",
      },
      ...PLACE,
      ...WRITTEN,
    },
  },
  OperationName: {
    type: "string",
    description: "A name of `GET /api/operations`: an operation, or a function",
    examples: OPERATIONS.map(({ name }) => name),
  },
  Params: {
    type: ["object", "null"],
    description: "The operation's own parameters; those of functions are in `GET /api/operations`",
    properties: PARAMETERS,
  },
  Data: {
    description: "Records, or a mapping of them with the columns in order",
    anyOf: [
      RECORDS,
      { type: "null" },
      {
        type: "object",
        required: ["records"],
        properties: {
          records: RECORDS,
          columns: { type: ["array", "null"], items: { type: ["string", "integer"] } },
        },
      },
    ],
  },
};
