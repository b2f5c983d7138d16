import { writeJson } from "../data/json-write.ts";
import { Moment } from "../data/moment.ts";
import { cellOf } from "../data/table-rows.ts";
import { type Cell, type Column, WholeFloat } from "../data/table.ts";

/**
 * What tells one row label from another: labels keep their kind, so 2 is not "2", but 2 is 2.0. A date can be asked for
 * by its ISO text, since JSON has no dates.
 */
export function labelKey(label: Cell): string {
  if (typeof label === "string") return `t${label}`;
  if (typeof label === "number" || typeof label === "bigint") return `n${label}`;
  if (label instanceof WholeFloat) return `n${label.value}`;
  if (label instanceof Moment) return `t${label.iso}`;
  return typeof label === "object" ? `o${writeJson(label)}` : `b${label}`;
}

/** The labels of a table's rows: a column's cells, or 0 to rows - 1 where there is none. */
export interface RowLabels {
  readonly column: Column | undefined;
  readonly rows: number;
}

/** A row's label. */
export function labelAt({ column }: RowLabels, row: number): Cell {
  return column === undefined ? row : cellOf(column, row);
}
