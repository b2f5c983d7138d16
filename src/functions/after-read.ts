import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { parseEntries } from "./entry.ts";
import { runOverTable, type TableRun } from "./run-table.ts";

/**
 * Runs the `compute` section of a data source (section 4.5 of the wire contract): entries one behind the other, each over
 * all rows, cells that have a value too. Throws `request-invalid` for an entry without `field`, and as `runOverTable`.
 */
export function computeAfterRead(table: Table, section: Cell, run: TableRun): Promise<Table> {
  const entries = parseEntries(section, run.find).map((entry) => {
    if (entry.fields.length > 0 || entry.function.kind === "frame") return { ...entry, refresh: true };
    throw new HearthError(
      "request-invalid",
      'An entry of "compute" in a data source needs "field", a column for the value',
    );
  });
  return runOverTable(table, entries, run);
}
