import { Moment } from "../moment.ts";
import { type Cell, WholeFloat } from "../table.ts";

const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::?(\d\d))?))?)?$/;

/** What tells that a text written plain would be read as something else. */
export function isPlainText(text: string): boolean {
  return typeof plainScalar(text) === "string" && text !== "=" && text !== "<<";
}

/**
 * A plain scalar as YAML 1.1 has it, by the patterns of PyYAML's resolver: `no` is false, `012` is 10, `1:30` is 90, and
 * `1e3`, without point and sign, is a text. A timestamp that is no day is a text.
 */
export function plainScalar(text: string): Cell {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (INTEGER.test(text)) return integerOf(text);
  if (FLOAT.test(text)) return floatOf(text);
  return momentOf(text) ?? text;
}

/** An integer of a text of that form; exact. */
export function integerOf(text: string): Cell {
  const plain = text.replaceAll("_", "").toLowerCase();
  const sign = plain.startsWith("-") ? -1n : 1n;
  const digits = plain.replace(/^[-+]/, "");
  const value = sign * magnitude(digits);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function magnitude(digits: string): bigint {
  if (digits.includes(":"))
    return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(Number(part)), 0n);
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  return digits.length > 1 && digits.startsWith("0") ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits || "0");
}

/** A float of a text of that form. */
export function floatOf(text: string): Cell {
  const plain = text.replaceAll("_", "").toLowerCase();
  if (plain.endsWith(".nan")) return Number.NaN;
  if (plain.endsWith(".inf"))
    return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const sign = plain.startsWith("-") ? -1 : 1;
  const digits = plain.replace(/^[-+]/, "");
  const value = sign * digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number.isInteger(value) ? new WholeFloat(value) : value;
}

/** A date or datetime of a text of that form; undefined for another text or a day that is none. */
export function momentOf(text: string): Moment | undefined {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return undefined;
  const [, year = "", month = "", day = "", hour, minute = "", second = "", fraction = "", zulu, sign] =
    parts;
  const date = `${year}-${two(month)}-${two(day)}`;
  if (hour === undefined && text !== date) return undefined;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (hour === undefined) return new Moment(date);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const offset =
    zulu !== undefined
      ? "+00:00"
      : sign === undefined
        ? ""
        : `${sign}${two(parts[10] ?? "")}:${parts[11] ?? "00"}`;
  return new Moment(
    `${date}T${two(hour)}:${minute}:${second}${micros === "000000" ? "" : `.${micros}`}${offset}`,
  );
}

function two(digits: string): string {
  return digits.padStart(2, "0");
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
