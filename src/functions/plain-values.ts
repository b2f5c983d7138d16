import { isCellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import { Moment } from "../data/moment.ts";
import { type Cell, WholeFloat } from "../data/table.ts";

/** Lists and objects within one another in a value that a program gives. */
const MAX_DEPTH = 100;

/** A value as programs know it: `2.0` is a number, dates are ISO texts, whole numbers beyond 2^53 are bigints. */
export function plainValue(cell: Cell): unknown {
  if (cell instanceof WholeFloat) return cell.value;
  if (cell instanceof Moment) return cell.iso;
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(plainValue);
  if (!isCellObject(cell)) return cell;
  return Object.fromEntries(keysOf(cell).map((key) => [key, plainValue(cell[key] as Cell)]));
}

/**
 * A program's value as a cell: undefined and NaN are missing, a `Date` is a datetime.
 *
 * @param fail makes the error for what is no data, such as a function or a `Map`
 */
export function cellOfPlain(value: unknown, fail: (what: string) => Error, depth = 0): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isNaN(value) ? null : value;
  if (typeof value !== "object") throw fail(`a ${typeof value}`);
  if (depth > MAX_DEPTH) throw fail("a value nested too deep, or one that contains itself");
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return null;
    return new Moment(value.toISOString().replace(/(?:\.000)?Z$/, ""));
  }
  if (Array.isArray(value)) return value.map((item) => cellOfPlain(item, fail, depth + 1));
  if (!isCellObject(value)) throw fail(`a ${value.constructor?.name ?? "strange object"}`);
  return objectFrom(Object.entries(value).map(([key, item]) => [key, cellOfPlain(item, fail, depth + 1)]));
}
