import { HearthError } from "../errors.ts";
import { inTurns } from "../turns.ts";
import { streamOf } from "./columns.ts";
import { isCellObject } from "./json-keys.ts";
import { kindOf, recordSteps } from "./records.ts";
import type { Cell, TableStream } from "./table.ts";

/** What is to be written: records as in a request, with `columns` to select and order them, or a table. */
export type OutputData = TableStream | { readonly records: unknown; readonly columns?: unknown };

/** An output, checked for what every type needs. */
export interface Output {
  readonly type: string;
  readonly [parameter: string]: unknown;
}

/** Checks that a value is an output, `{type, ...}`. Throws `request-invalid`. */
export function checkOutput(output: unknown): Output {
  if (!isCellObject(output)) throw invalid(`"output" is an object, not ${kindOf(output)}`);
  if (typeof output.type !== "string") throw invalid('The output has no "type"');
  return output as Cell & Output;
}

/** The file of an output that is one. Throws `request-invalid`. */
export function outputFile({ filename }: Output): string {
  if (typeof filename === "string" && filename !== "") return filename;
  throw invalid('The output has no "filename"');
}

function invalid(message: string): HearthError {
  return new HearthError("request-invalid", message, {
    hint: 'Write for example {"type": "csv", "filename": "out.csv"}.',
  });
}

/**
 * The table of what is to be written. Throws `request-invalid`, `column-unknown` for absent columns, and
 * `data-too-large` beyond the cells that a table may have.
 */
export async function tableStreamOf(
  data: OutputData,
  limits: { readonly maxCells: number; readonly signal: AbortSignal },
): Promise<TableStream> {
  if ("batches" in data) return data;
  const { records, columns } = data;
  if (!Array.isArray(records)) {
    throw new HearthError("request-invalid", `"records" is a list of objects, not ${kindOf(records)}`);
  }
  const bound = { maxCells: limits.maxCells, shownName: "The data" };
  const table = (names?: readonly (string | number)[]) =>
    inTurns(recordSteps(records as Cell[], names, bound), limits.signal);
  if (columns === undefined || columns === null) return streamOf(await table());
  const isNames = (name: unknown) => typeof name === "string" || Number.isInteger(name);
  if (!Array.isArray(columns) || !columns.every(isNames)) {
    throw new HearthError("request-invalid", '"columns" is a list of column names');
  }
  return streamOf(await table(columns as (string | number)[]));
}
