import { READERS } from "../../src/data/readers/index.ts";
import { WRITERS } from "../../src/data/writers/index.ts";
import type { Content, Header, Media, Parameter } from "./described.ts";

const BINARY = { contentMediaType: "application/octet-stream" };

/** What stands in a table's body of each content type. */
const TABLES: Readonly<Record<string, Media>> = {
  "application/x-ndjson": {
    schema: { description: "A record a line" },
    examples: { lines: '{"city":"Oslo","people":709000}\n' },
  },
  "text/csv": {
    schema: { type: "string", description: "With a header" },
    examples: { csv: "city,people\nOslo,709000\n" },
  },
  "text/tab-separated-values": {
    schema: { type: "string", description: "The same with tabs" },
    examples: { tsv: "city\tpeople\nOslo\t709000\n" },
  },
  "application/yaml": {
    schema: { description: "A list of mappings" },
    examples: { yaml: "- city: Oslo\n  people: 709000\n" },
  },
  "text/markdown": { schema: { type: "string", description: "A table of Markdown" } },
  "application/x-bibtex": { schema: { type: "string", description: "Entries" } },
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
    schema: { ...BINARY, description: "A workbook" },
  },
  "application/vnd.apache.parquet": { schema: { ...BINARY, description: "One file" } },
  "application/vnd.apache.arrow.stream": { schema: { ...BINARY, description: "Arrow's IPC stream" } },
};

/** A table as a body of a request; which type it is says the query. */
export const TABLE_BODIES: Content = TABLES;

/** A table as an answer in another format than JSON. */
export const TABLE_ANSWERS: Content = TABLES;

export const FORMAT_PARAMETER: Parameter = {
  description: "The answer's format; beats `Accept`. Absent: by `Accept`, else JSON",
  schema: { type: "string", enum: WRITERS.types },
};

export const BODY_TYPE_PARAMETER: Parameter = {
  description:
    "Type of the data that the body itself holds; absent: the body is a JSON request. Further parameters of the query are the type's own, such as `delimiter`",
  schema: { type: "string", enum: READERS.types },
};

/** Warnings of an answer that has no place for them. */
export const WARNINGS_HEADER: Readonly<Record<string, Header>> = {
  "x-hearth-warnings": {
    description: "What the request had that nobody used, percent-encoded; of answers that are not JSON",
    schema: { type: "string" },
  },
};
