import { collect, streamOf } from "../data/columns.ts";
import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { kindOf } from "../data/records.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { type FindFunction, parseEntries, parseEntry } from "../functions/entry.ts";
import type { ComputeFunction } from "../functions/function.ts";
import { runOverTable } from "../functions/run-table.ts";
import type { Operation, OperationInput, Params } from "./operation.ts";

/** Bytes of a table that a function may work on. */
const TABLE_BYTES = 1 << 30;

/** What stands in `params` of a function, beside its arguments. */
const PARAMETERS: Operation["parameters"] = {
  field: "column for the value, or a list of them for a function that gives several; _ discards",
  args: "{argument: value}",
  row_args: "{argument: column}: the row's cell",
  view_args: "{argument: view}: what a view makes of the row",
  column_args: "{argument: column}: the whole column as a list",
  subseries_args: "{argument: series column}: its values for the row, in sessions",
  function_args: "{argument: function name}",
  refresh: "compute cells that have a value too",
  mode: "replace, append or prepend",
  separator: "between old and new text",
  precompute: "entries with function, run first",
};

/** A function as an operation of `/api/compute` (section 8.1 of the wire contract). */
export function functionOperation(called: ComputeFunction, find: FindFunction): Operation {
  return {
    name: called.name,
    summary: called.summary,
    parameters: PARAMETERS,
    arguments: called.parameters,
    functionOf: called.kind === "row" ? "row" : "table",
    origin: called.origin,
    needsNoEngine: true,
    async run(params, input) {
      const { precompute, ...spec } = asCells(params);
      const entries = [...parseEntries(precompute, find), parseEntry(spec, called, find)];
      const table = await tableOf(input);
      const { now, timeZone, signal, timeLimitSeconds } = input;
      const context = { now, timeZone };
      return streamOf(await runOverTable(table, entries, { find, context, signal, timeLimitSeconds }));
    },
  };
}

function asCells(params: Params): CellObject {
  if (isCellObject(params)) return params;
  throw new HearthError("request-invalid", `"params" must be an object, not ${kindOf(params as Cell)}`);
}

async function tableOf(input: OperationInput): Promise<Table> {
  const main = input.main();
  const { data } = main;
  if ("columns" in data) return data;
  if ("batches" in data) return collect(data, TABLE_BYTES);
  const session = await input.open([main]);
  return collect(
    await session.query({ sql: `FROM "${main.name.replaceAll('"', '""')}"`, origins: [] }),
    TABLE_BYTES,
  );
}
