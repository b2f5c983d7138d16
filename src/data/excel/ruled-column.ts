import { HearthError } from "../../errors.ts";
import type { ColumnType } from "../column-rules.ts";
import { Moment } from "../moment.ts";
import { pythonStr } from "../python-text.ts";
import { type Cell, type Column, WholeFloat } from "../table.ts";
import { TextColumnBuilder } from "../text-column.ts";

/** Where a column's cells stand, for messages. */
export interface CellsPlace {
  readonly shownName: string;
  /** The first cell's row, as the program shows it, from 1. */
  readonly firstRow: number;
}

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** A column of the type that `dtypes` names; undefined cells are missing. Throws `data-invalid` for one that is none. */
export function ruledColumn(
  name: string | number,
  cells: readonly (Cell | undefined)[],
  type: ColumnType,
  place: CellsPlace,
): Column {
  const length = cells.length;
  if (type === "str_type") {
    const texts = new TextColumnBuilder(length);
    for (const cell of cells) texts.add(cell === undefined ? null : pythonStr(cell));
    return texts.build(name);
  }
  const convert = CONVERSIONS[type];
  const values = cells.map((cell, row) => {
    if (cell === undefined) return undefined;
    const value = convert.of(cell);
    if (value === undefined) throw misfit(cell, convert.expected, name, row, place);
    return value;
  });
  const valid = values.includes(undefined)
    ? Uint8Array.from(values, (value) => Number(value !== undefined))
    : undefined;
  if (type === "bool_type") {
    return { kind: "bool", dtype: "boolean", name, length, values: Uint8Array.from(values, Number), valid };
  }
  const dtype = type === "int_type" ? "Int32" : "Float64";
  const numbers = Float64Array.from(values, (value) => value ?? 0);
  return { kind: "number", dtype, name, length, values: numbers, valid };
}

interface Conversion {
  readonly expected: string;
  of(cell: Cell): number | undefined;
}

const CONVERSIONS: Readonly<Record<Exclude<ColumnType, "str_type">, Conversion>> = {
  bool_type: {
    expected: "true or false (bool_type)",
    of(cell) {
      const word = typeof cell === "string" ? cell.toLowerCase() : Number(cell);
      if (word === "true" || word === 1) return 1;
      return word === "false" || word === 0 ? 0 : undefined;
    },
  },
  int_type: {
    expected: `a whole number from ${INT32_MIN} to ${INT32_MAX} (int_type)`,
    of(cell) {
      const value = numberOf(cell);
      const isInside = Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX;
      return isInside ? value : undefined;
    },
  },
  float_type: {
    expected: "a number (float_type)",
    of(cell) {
      const value = numberOf(cell);
      return Number.isNaN(value) ? undefined : value;
    },
  },
};

function numberOf(cell: Cell): number {
  if (typeof cell === "string") return cell.trim() === "" ? Number.NaN : Number(cell);
  const isNumber = typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean";
  return isNumber || cell instanceof WholeFloat ? Number(cell) : Number.NaN;
}

function misfit(
  cell: Cell,
  expected: string,
  column: string | number,
  row: number,
  { shownName, firstRow }: CellsPlace,
): HearthError {
  const written = cell instanceof Moment ? cell.iso : pythonStr(cell);
  const shown = written.length > 60 ? `${written.slice(0, 60)}...` : written;
  return new HearthError(
    "data-invalid",
    `${shownName}: row ${firstRow + row}, column "${column}": ${JSON.stringify(shown)} is not ${expected}`,
    { hint: "Correct the cell, or give the column another type in dtypes." },
  );
}
