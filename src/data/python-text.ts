import { type CellObject, keysOf, ownValue } from "./json-keys.ts";
import { formatPythonFloat } from "./python-number.ts";
import { Moment } from "./moment.ts";
import { type Cell, WholeFloat } from "./table.ts";

/**
 * What Python's `str.isprintable` refuses: controls, format characters, surrogates, private use, separators except the
 * space. Unassigned code points are left as they are, since which these are differs from runtime to runtime.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A value as Python's `str()` gives it: texts as they are, dates in ISO form, all else as `pythonRepr`. */
export function pythonStr(value: Cell): string {
  return typeof value === "string" || value instanceof Moment ? String(value) : pythonRepr(value);
}

/**
 * A value as Python's `repr()` gives it.
 *
 * @example pythonRepr(["a", true, null]); // "['a', True, None]"
 */
export function pythonRepr(value: Cell): string {
  if (value === null) return "None";
  if (typeof value === "string") return reprOfText(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? String(value) : formatPythonFloat(value);
  }
  if (value instanceof WholeFloat) return formatPythonFloat(value.value);
  if (value instanceof Moment) return reprOfMoment(value);
  if (isList(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  return reprOfObject(value);
}

/** `datetime.date(2024, 2, 29)`, `datetime.datetime(2024, 2, 29, 10, 11)`: seconds only where there are some. */
function reprOfMoment({ iso, isDate }: Moment): string {
  const [, fraction] = /\.(\d+)/.exec(iso) ?? [];
  const numbers = (iso.slice(0, 19).match(/\d+/g) ?? []).map(Number);
  if (isDate) return `datetime.date(${numbers.join(", ")})`;
  if (fraction !== undefined) numbers.push(Number(fraction));
  else if (numbers[5] === 0) numbers.pop();
  return `datetime.datetime(${[...numbers, ...zoneOf(iso)].join(", ")})`;
}

function zoneOf(iso: string): string[] {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(iso) ?? [];
  if (sign === undefined) return [];
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  if (seconds === 0) return ["tzinfo=datetime.timezone.utc"];
  const delta = sign === "-" ? `days=-1, seconds=${86_400 - seconds}` : `seconds=${seconds}`;
  return [`tzinfo=datetime.timezone(datetime.timedelta(${delta}))`];
}

function isList(value: Cell): value is readonly Cell[] {
  return Array.isArray(value);
}

function reprOfObject(object: CellObject): string {
  const entries = keysOf(object).map(
    (key) => `${reprOfText(key)}: ${pythonRepr(ownValue(object, key) ?? null)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** In single quotes, unless only single ones stand in the text. */
function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
  return quote + escaped.replace(UNPRINTABLE, escapeOf) + quote;
}

function escapeOf(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) as number;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
