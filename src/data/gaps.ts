import { cellOf, selectRows } from "./table-rows.ts";
import type { Column } from "./table.ts";
import { TextColumnBuilder } from "./text-column.ts";

/** Stands for a row that is not there. */
export const GAP = -1;

/**
 * Rows of a column in this order; `GAP` gives a missing value, for which whole numbers become floats and booleans
 * objects, as in pandas.
 */
export function selectWithGaps(column: Column, rows: readonly number[]): Column {
  const { name, dtype, kind } = column;
  const length = rows.length;
  if (!rows.includes(GAP)) return selected(column, rows);
  if (kind === "text") {
    const texts = new TextColumnBuilder(length);
    for (const row of rows) texts.add(row === GAP ? null : (cellOf(column, row) as string | null));
    return { ...texts.build(name), dtype };
  }
  if (kind === "mixed" || dtype === "bool") {
    const values = rows.map((row) => (row === GAP ? null : cellOf(column, row)));
    return { kind: "mixed", dtype: "object", name, length, values };
  }
  if (/^(?:int|uint|float)64$/.test(dtype)) {
    const values = Float64Array.from(rows, (row) => (row === GAP ? Number.NaN : floatAt(column, row)));
    return { kind: "number", dtype: "float64", name, length, values, valid: undefined };
  }
  const present = Uint8Array.from(rows, (row) => (row === GAP || column.valid?.[row] === 0 ? 0 : 1));
  return {
    ...selected(
      column,
      rows.map((row) => Math.max(0, row)),
    ),
    valid: present,
  } as Column;
}

function selected(column: Column, rows: readonly number[]): Column {
  return selectRows({ rows: column.length, columns: [column] }, rows).columns[0] as Column;
}

function floatAt(column: Column, row: number): number {
  return Number(cellOf(column, row) ?? Number.NaN);
}
