import { HearthError } from "../../errors.ts";
import { type ColumnRule, parseColumnRules, parseHeader, shownParameter } from "../column-rules.ts";
import type { DataSource } from "../source.ts";
import type { Cell } from "../table.ts";

/** How a CSV file is written: two ASCII characters. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quotechar: string;
}

/** How a CSV file is to be read. */
export interface CsvOptions extends CsvDialect {
  /** Records before the header, blank lines not counted; null: there is none, columns are numbered from 0. */
  readonly header: number | null;
  readonly dtypes: readonly ColumnRule[];
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
    dtypes: parseColumnRules(source.dtypes),
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
  throw new HearthError("request-invalid", `${name} is one ASCII character, not ${shownParameter(value)}`, {
    hint: `Leave ${name} out for the usual one, or give a character such as ";" or "\\t".`,
  });
}

function parseInfer(value: unknown): "pandas" | "engine" {
  if (value === undefined || value === null || value === "pandas") return "pandas";
  if (value === "engine") return "engine";
  throw new HearthError("request-invalid", `infer is "pandas" or "engine", not ${shownParameter(value)}`);
}
