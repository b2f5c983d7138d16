import { encodeBatches } from "../json-write.ts";
import type { Writer } from "../target.ts";

/** An array of records in one line, missing values null. */
export const jsonWriter: Writer = {
  type: "json",
  extensions: [".json"],
  mediaType: "application/json",
  parameters: [],
  options: () => ({}),
  encode: (table, _, { signal }) => encodeBatches(table.batches, "array", signal),
};

/** A record a line, each ended by LF. */
export const ndjsonWriter: Writer = {
  type: "ndjson",
  extensions: [".ndjson", ".jsonl"],
  mediaType: "application/x-ndjson",
  parameters: [],
  options: () => ({}),
  encode: (table, _, { signal }) => encodeBatches(table.batches, "lines", signal),
};
