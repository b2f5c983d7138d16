import type { CellObject } from "../data/json-keys.ts";
import type { Cell } from "../data/table.ts";

/** One row of a table, or the focused one of a session, as compute entries see and change it. */
export interface Row {
  /** Columns whose cells can be had, by name. */
  readonly columns: readonly string[];
  /** A cell; undefined for a column that is not there. */
  cell(column: string): Cell | undefined;
  /** Puts a value into a cell. Throws where that is not allowed. */
  store(column: string, value: Cell): void;
  /** All cells that are not missing, by the columns' variable names. */
  variables(): CellObject;
  /** A whole column; undefined for one that is not there. */
  wholeColumn(column: string): readonly Cell[] | undefined;
  /** All values that a series column has for this row; undefined for one that is none. */
  subseries(column: string): readonly Cell[] | undefined;
  /** All rows of the series for this row, each by variable names. */
  seriesRows(): readonly CellObject[];
}
