import { columnFromCells, selectRows } from "../data/columns.ts";
import { codePointOrder } from "../data/code-points.ts";
import { pythonStr } from "../data/python-text.ts";
import { cellOf } from "../data/table-rows.ts";
import { type Cell, type Column, type Table, WholeFloat } from "../data/table.ts";
import { TextColumnBuilder } from "../data/text-column.ts";
import { HearthError } from "../errors.ts";
import { booleanArgument, columnArgument, namesArgument, wholeArgument } from "./arguments.ts";
import type { Args, CallContext, FrameFunction, FrameResult } from "./function.ts";
import { dateOf, isoOf } from "./dates.ts";
import { MONTHS, partsOf } from "./strftime.ts";

/** The functions over whole tables of lynguine's library (section 8.2 of the wire contract). */
export const FRAME_FUNCTIONS: readonly FrameFunction[] = [
  frame(
    "convert_datetime",
    "Columns of texts as datetimes",
    { columns: "one or a list; absent ones are passed over" },
    (table, args) =>
      replaced(table, args, (column) =>
        datetimes(
          column.name,
          cellsOf(column).map((cell) => (cell === null ? null : dateOf(cell))),
        ),
      ),
  ),
  frame(
    "convert_int",
    "Columns as whole numbers, gaps allowed",
    { columns: "one or a list; absent ones are passed over" },
    (table, args) => replaced(table, args, wholeNumbers),
  ),
  frame(
    "convert_string",
    "Columns as texts",
    { columns: "one or a list; absent ones are passed over" },
    (table, args) =>
      replaced(table, args, (column) =>
        texts(
          column.name,
          cellsOf(column).map((cell) => (cell === null ? null : pythonStr(cell))),
        ),
      ),
  ),
  frame(
    "convert_year_iso",
    "A column of years as a day of that year",
    { column: "default year", month: "default 1", day: "default 1" },
    (table, args) => {
      const column = columnArgument(table, args, "column", "year");
      const [month, day] = [wholeArgument(args, "month", 1), wholeArgument(args, "day", 1)];
      const dates = cellsOf(column).map((cell) => (cell === null ? null : dayOfYear(cell, month, day)));
      return { table: withColumn(table, datetimes(column.name, dates)) };
    },
  ),
  frame(
    "addmonth",
    "The English name of each date's month",
    { source: "a column of dates; default date" },
    (table, args) => {
      const names = datesIn(table, args).map((date) =>
        date === null ? null : (MONTHS[date.getUTCMonth()] as string),
      );
      return { column: texts("month", names) };
    },
  ),
  frame("addyear", "Each date's year", { source: "a column of dates; default date" }, (table, args) => {
    const years = datesIn(table, args).map((date) => date?.getUTCFullYear());
    return { column: columnFromCells("year", years) };
  }),
  frame(
    "augmentmonth",
    "Fills missing months by the dates",
    { destination: "default month", source: "default date" },
    (table, args) => {
      const dates = datesIn(table, args);
      const column = columnArgument(table, args, "destination", "month");
      const filled = cellsOf(column).map(
        (cell, row) => cell ?? MONTHS[dates[row]?.getUTCMonth() ?? -1] ?? null,
      );
      return { column: columnFromCells(column.name, filled) };
    },
  ),
  frame(
    "augmentyear",
    "Fills missing years by the dates",
    { destination: "default year", source: "default date" },
    (table, args) => {
      const dates = datesIn(table, args);
      const column = columnArgument(table, args, "destination", "year");
      const filled = cellsOf(column).map((cell, row) => {
        const year = cell === null ? dates[row]?.getUTCFullYear() : Number(cell);
        return year === undefined ? undefined : new WholeFloat(year);
      });
      return { column: columnFromCells(column.name, filled) };
    },
  ),
  frame(
    "augmentcurrency",
    "Amounts as text, thousands with commas",
    { source: "default amount", sf: "decimals; default 0" },
    (table, args) => {
      const decimals = wholeArgument(args, "sf", 0);
      if (decimals < 0 || decimals > 20)
        throw new HearthError("request-invalid", 'The argument "sf" must be 0 to 20');
      const amounts = cellsOf(columnArgument(table, args, "source", "amount"));
      return {
        column: texts(
          "",
          amounts.map((cell) => (cell === null ? null : currency(Number(cell), decimals))),
        ),
      };
    },
  ),
  frame(
    "fillna",
    "A column with its gaps filled",
    { column: "its name", value: "what stands in the gaps" },
    (table, args) => {
      const column = columnArgument(table, args, "column");
      const value = (args["value"] ?? null) as Cell;
      const isFloat = /^float/i.test(column.dtype) && typeof value === "number" && Number.isInteger(value);
      const filler = isFloat ? new WholeFloat(value) : value;
      return {
        column: columnFromCells(
          column.name,
          cellsOf(column).map((cell) => cell ?? filler),
        ),
      };
    },
  ),
  frame(
    "ascending",
    "Rows from low to high",
    { by: "a column or a list; missing values come last" },
    (table, args) => ({
      table: sorted(table, args, 1),
    }),
  ),
  frame(
    "descending",
    "Rows from high to low",
    { by: "a column or a list; missing values come last" },
    (table, args) => ({
      table: sorted(table, args, -1),
    }),
  ),
  frame(
    "recent",
    "Rows of a year or later",
    { column: "default year", since_year: "default 2000" },
    (table, args) => {
      const since = wholeArgument(args, "since_year", 2000);
      return {
        mask: cellsOf(columnArgument(table, args, "column", "year")).map(
          (cell) => cell !== null && Number(cell) >= since,
        ),
      };
    },
  ),
  frame(
    "current",
    "Rows that have begun and not ended",
    {
      start: "default start",
      end: "default end",
      current: "column of booleans that also counts",
      today: "default now",
    },
    (table, args, context) => {
      const today = args["today"] === undefined ? todayOf(context) : dateOf(args["today"] as Cell);
      const starts = datesOf(columnArgument(table, args, "start", "start"));
      const ends = datesOf(columnArgument(table, args, "end", "end"));
      const flags =
        (args["current"] ?? null) === null ? undefined : cellsOf(columnArgument(table, args, "current"));
      const isNow = (row: number) => {
        const [start, end] = [starts[row] ?? null, ends[row] ?? null];
        return start !== null && start <= today && (end === null || end >= today);
      };
      return { mask: starts.map((_, row) => isNow(row) || flags?.[row] === true) };
    },
  ),
  frame("former", "Rows that have ended", { end: "default end" }, (table, args, context) => {
    const today = todayOf(context);
    return {
      mask: datesOf(columnArgument(table, args, "end", "end")).map((end) => end !== null && end < today),
    };
  }),
  frame(
    "onbool",
    "Rows where a column is true",
    { column: "default current", invert: "where it is not; default false" },
    (table, args) => {
      const invert = booleanArgument(args, "invert", false);
      return {
        mask: cellsOf(columnArgument(table, args, "column", "current")).map(
          (cell) => (cell === true) !== invert,
        ),
      };
    },
  ),
  frame(
    "columnis",
    "Rows where a column has a value",
    { column: "its name", value: "the value" },
    (table, args) => ({
      mask: cellsOf(columnArgument(table, args, "column")).map((cell) =>
        isEqual(cell, args["value"] as Cell),
      ),
    }),
  ),
  frame(
    "columncontains",
    "Rows where a column has a value, or contains it",
    { column: "its name", value: "the value" },
    (table, args) => ({
      mask: cellsOf(columnArgument(table, args, "column")).map((cell) =>
        contains(cell, args["value"] as Cell),
      ),
    }),
  ),
];

function frame(
  name: string,
  summary: string,
  parameters: Readonly<Record<string, string>>,
  run: (table: Table, args: Args, context: CallContext) => FrameResult,
): FrameFunction {
  return { kind: "frame", name, summary, parameters, takesAnyArgument: false, run };
}

function cellsOf(column: Column): Cell[] {
  return Array.from({ length: column.length }, (_, row) => cellOf(column, row));
}

function replaced(table: Table, args: Args, convert: (column: Column) => Column): FrameResult {
  const names = new Set(namesArgument(args, "columns"));
  return {
    table: {
      ...table,
      columns: table.columns.map((column) => (names.has(String(column.name)) ? convert(column) : column)),
    },
  };
}

function withColumn(table: Table, column: Column): Table {
  const columns = table.columns.map((old) => (old.name === column.name ? column : old));
  return { ...table, columns };
}

function texts(
  name: Column["name"],
  values: readonly (string | null)[],
  dtype: "object" | "datetime64[ns]" = "object",
): Column {
  const builder = new TextColumnBuilder(values.length);
  for (const value of values) builder.add(value);
  return { ...builder.build(name), dtype };
}

function datetimes(name: Column["name"], dates: readonly (Date | null)[]): Column {
  return texts(
    name,
    dates.map((date) => (date === null ? null : isoOf(date))),
    "datetime64[ns]",
  );
}

function wholeNumbers(column: Column): Column {
  const cells = cellsOf(column);
  const values = Float64Array.from(cells, (cell) => (cell === null ? 0 : wholeNumber(cell)));
  const valid = cells.includes(null) ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) : undefined;
  return { kind: "number", dtype: "Int64", name: column.name, length: column.length, values, valid };
}

function wholeNumber(cell: Cell): number {
  const number = typeof cell === "string" && cell.trim() === "" ? Number.NaN : Number(cell);
  if (Number.isSafeInteger(number)) return number;
  throw new HearthError("data-invalid", `"${pythonStr(cell).slice(0, 80)}" is no whole number`);
}

function dayOfYear(cell: Cell, month: number, day: number): Date {
  return dateOf(
    `${String(wholeNumber(cell)).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`,
  );
}

function datesIn(table: Table, args: Args): (Date | null)[] {
  return datesOf(columnArgument(table, args, "source", "date"));
}

function datesOf(column: Column): (Date | null)[] {
  return cellsOf(column).map((cell) => (cell === null ? null : dateOf(cell)));
}

/** Today at midnight as a calendar there shows it, for dates without zone. */
function todayOf({ now, timeZone }: CallContext): Date {
  const { year, month, day, hour, minute, second } = partsOf(now, timeZone);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** Python's `{:,.2f}`: an exact half goes to the even digit. */
function currency(amount: number, decimals: number): string {
  const rounded = roundedHalfToEven(Math.abs(amount), decimals);
  const [whole = "", fraction] = rounded.split(".");
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  const sign = amount < 0 ? "-" : "";
  return `${sign}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

function roundedHalfToEven(value: number, decimals: number): string {
  const rounded = value.toFixed(decimals);
  // All digits that the number has: a half is one exactly or not at all.
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- ECMAScript allows 100
  const isHalf = /^50*$/.test(value.toFixed(100).split(".")[1]?.slice(decimals) ?? "");
  const isOdd = Number(rounded.at(-1)) % 2 === 1;
  if (!isHalf || !isOdd) return rounded;
  const step = 10 ** -decimals;
  return (Number(rounded) - step).toFixed(decimals);
}

function sorted(table: Table, args: Args, direction: 1 | -1): Table {
  const names = namesArgument(args, "by");
  const keys = names.map((name) => cellsOf(columnArgument(table, { by: name }, "by")));
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  rows.sort((one, other) => {
    for (const cells of keys) {
      const order = compare(cells[one] as Cell, cells[other] as Cell, direction);
      if (order !== 0) return order;
    }
    return one - other;
  });
  return selectRows(table, rows);
}

function compare(one: Cell, other: Cell, direction: 1 | -1): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  if (typeof one === "string" && typeof other === "string") return direction * codePointOrder(one, other);
  if (
    typeof one === "object" || typeof other === "object"
      ? !isNumber(one) || !isNumber(other)
      : typeof one === "string" || typeof other === "string"
  )
    throw new HearthError("data-invalid", "Values of different kinds can't be sorted", {
      hint: "Convert the column first, for example with convert_string.",
    });
  return direction * (Number(one) - Number(other));
}

function isNumber(cell: Cell): boolean {
  return (
    typeof cell === "number" ||
    typeof cell === "bigint" ||
    typeof cell === "boolean" ||
    cell instanceof WholeFloat
  );
}

function isEqual(cell: Cell, value: Cell): boolean {
  if (cell === null) return false;
  return isNumber(cell) && isNumber(value) ? Number(cell) === Number(value) : cell === value;
}

function contains(cell: Cell, value: Cell): boolean {
  if (Array.isArray(cell)) return (cell as readonly Cell[]).some((item) => isEqual(item, value));
  if (typeof cell === "string" && typeof value === "string") return cell.includes(value);
  return isEqual(cell, value);
}
