import { isMissingText } from "../csv/cell-text.ts";
import { Moment } from "../moment.ts";
import type { Cell } from "../table.ts";
import type { WorkbookCell } from "./workbook.ts";

/** What a formula gives that failed. */
const ERROR_TEXTS: readonly string[] = [
  "#NULL!",
  "#DIV/0!",
  "#VALUE!",
  "#REF!",
  "#NAME?",
  "#NUM!",
  "#GETTING_DATA",
  "#SPILL!",
  "#CALC!",
];

/** Excel counts days from here; what is earlier is a time of day without a date. */
const FIRST_DAY = Date.UTC(1900, 0, 1);

/**
 * A workbook's cell as a table has it; undefined where it is missing: empty, an error, or one of pandas' words for a
 * missing value. A text stays one, however much it looks like a number.
 */
export function cellOfWorkbook(cell: WorkbookCell | undefined): Cell | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (typeof cell === "string") return isMissingText(cell) || ERROR_TEXTS.includes(cell) ? undefined : cell;
  if (typeof cell === "number") return wholeOrFloat(cell);
  return cell instanceof Date ? momentOrTime(cell) : cell;
}

/** A workbook has floats only; pandas takes those with a whole value for integers. */
function wholeOrFloat(value: number): Cell {
  if (!Number.isInteger(value)) return value;
  return Number.isSafeInteger(value) ? value + 0 : BigInt(value);
}

function momentOrTime(date: Date): Cell {
  const iso = date.toISOString().replace("Z", "");
  const [day, time = ""] = iso.split("T");
  const [seconds, fraction = "000"] = time.split(".");
  const text = fraction === "000" ? (seconds as string) : `${seconds}.${fraction}000`;
  return date.getTime() < FIRST_DAY ? text : new Moment(`${day}T${text}`);
}
