import * as v from "valibot";
import { count, named, said, success, Warnings } from "./parts.ts";

// A tuple would be described in the words of an older JSON Schema, which OpenAPI 3.1 does not know.
export const Shape = v.pipe(
  v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
  v.length(2),
  v.description("Rows and columns"),
) as unknown as v.GenericSchema<[number, number]>;

const ColumnName = v.union([v.string(), v.pipe(v.number(), v.integer())]);

/** A table as it stands in an answer (section 4 of the wire contract). */
export const TableAnswer = v.pipe(
  v.object({
    records: said(v.array(v.record(v.string(), v.unknown())), "The rows; dates are ISO text"),
    columns: said(v.array(ColumnName), "Names in order; numbers where the source has no header"),
    shape: Shape,
    dtypes: said(v.record(v.string(), v.string()), "pandas' names, by column"),
  }),
  named("Table"),
);

export const ReadAnswer = success({ data: TableAnswer, warnings: Warnings });

export const WriteAnswer = success({
  message: v.string(),
  rows: count("Rows written"),
  bytes: count("Bytes of the file"),
  warnings: Warnings,
});

export const ComputeAnswer = success({
  operation: v.string(),
  message: v.string(),
  result: TableAnswer,
  warnings: Warnings,
});

const Words = v.record(v.string(), v.string());

export const OperationsAnswer = success({
  operations: v.array(
    v.object({
      name: v.string(),
      summary: v.string(),
      kind: v.picklist(["operation", "row function", "table function"]),
      origin: v.optional(said(v.string(), "Where a function comes from that is none of hearth's own")),
      parameters: said(Words, "What each parameter is"),
      arguments: v.optional(said(Words, "Of a function: what each of its arguments is")),
    }),
  ),
  warnings: v.optional(said(v.array(v.string()), "Modules of functions that could not be loaded")),
});

export const FilesAnswer = success({
  directory: said(v.string(), "As it was asked for"),
  entries: said(
    v.array(v.object({ name: v.string(), kind: v.picklist(["file", "folder", "link"]) })),
    "Folders first, then by name; at most 5000",
  ),
  count: count("Of all entries"),
});
