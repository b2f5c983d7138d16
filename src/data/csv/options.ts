import { HearthError } from "../../errors.ts";
import type { DataSource } from "../source.ts";
import type { Cell } from "../table.ts";

/** What a caller can ask a column to be (contract 4.2): text, boolean, Int32, Float64. */
export type CsvColumnType = "str_type" | "bool_type" | "int_type" | "float_type";

const COLUMN_TYPES: readonly unknown[] = ["str_type", "bool_type", "int_type", "float_type"];

/** Column names with the type that is to be read instead of the inferred one. */
export interface CsvColumnRule {
  readonly field: string;
  readonly type: CsvColumnType;
}

/** How a CSV file is written: two ASCII characters. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quotechar: string;
}

/** How a CSV file is to be read. */
export interface CsvOptions extends CsvDialect {
  /** Records before the header, blank lines not counted; null: there is none, columns are numbered from 0. */
  readonly header: number | null;
  readonly dtypes: readonly CsvColumnRule[];
  /** Whose types: those of pandas' C parser, or those that DuckDB finds, dates included. */
  readonly infer: "pandas" | "engine";
}

/** The parameters that `parseCsvOptions` looks at. */
export const CSV_PARAMETERS = ["header", "delimiter", "quotechar", "dtypes", "infer"] as const;

/** Checks a data source's parameters; absent and null ones get the default. Throws `request-invalid`. */
export function parseCsvOptions(source: DataSource, defaultDelimiter: string): CsvOptions {
  return {
    ...parseCsvDialect(source, defaultDelimiter),
    header: parseHeader(source.header),
    dtypes: parseRules(source.dtypes),
    infer: parseInfer(source.infer),
  };
}

/** Checks `delimiter` and `quotechar`. Throws `request-invalid`. */
export function parseCsvDialect(
  parameters: Readonly<Record<string, unknown>>,
  defaultDelimiter: string,
): CsvDialect {
  const delimiter = parseCharacter("delimiter", parameters.delimiter ?? defaultDelimiter);
  const quotechar = parseCharacter("quotechar", parameters.quotechar ?? '"');
  if (delimiter !== quotechar) return { delimiter, quotechar };
  throw new HearthError("request-invalid", `delimiter and quotechar are both ${JSON.stringify(delimiter)}`, {
    hint: "Give two different characters.",
  });
}

/** The options as plain JSON, for the key of a cache. */
export function csvOptionsRecord(options: CsvOptions): Readonly<Record<string, Cell>> {
  const { header, delimiter, quotechar, infer } = options;
  const dtypes = options.dtypes.map(({ field, type }) => ({ field, type }));
  return { header, delimiter, quotechar, dtypes, infer };
}

function parseCharacter(name: string, value: unknown): string {
  if (typeof value === "string" && /^[\t\x20-\x7e]$/.test(value)) return value;
  throw new HearthError("request-invalid", `${name} is one ASCII character, not ${shown(value)}`, {
    hint: `Leave ${name} out for the usual one, or give a character such as ";" or "\\t".`,
  });
}

function parseHeader(value: unknown): number | null {
  if (value === undefined) return 0;
  if (value === null) return null;
  const isCount = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (isCount) return value;
  throw new HearthError("request-invalid", `header is a whole number from 0 or null, not ${shown(value)}`, {
    hint: "0 is the first line; null reads a file without a header.",
  });
}

function parseInfer(value: unknown): "pandas" | "engine" {
  if (value === undefined || value === null || value === "pandas") return "pandas";
  if (value === "engine") return "engine";
  throw new HearthError("request-invalid", `infer is "pandas" or "engine", not ${shown(value)}`);
}

function parseRules(value: unknown): readonly CsvColumnRule[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw ruleFault(`dtypes is a list, not ${shown(value)}`);
  return value.map((rule: unknown, at) => parseRule(rule, `dtypes[${at}]`));
}

function parseRule(value: unknown, place: string): CsvColumnRule {
  if (typeof value !== "object" || value === null)
    throw ruleFault(`${place} is an object, not ${shown(value)}`);
  const { field, type } = value as { field?: unknown; type?: unknown };
  if (typeof field !== "string" && typeof field !== "number") {
    throw ruleFault(`${place}.field is a column's name, not ${shown(field)}`);
  }
  if (COLUMN_TYPES.includes(type)) return { field: String(field), type: type as CsvColumnType };
  throw ruleFault(`${place}.type is one of ${COLUMN_TYPES.join(", ")}, not ${shown(type)}`);
}

function ruleFault(message: string): HearthError {
  return new HearthError("request-invalid", message, {
    hint: 'For example: "dtypes": [{"field": "zip", "type": "str_type"}]',
  });
}

/** A parameter as a message shows it. */
function shown(value: unknown): string {
  if (value === undefined) return "absent";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
