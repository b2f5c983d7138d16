import { HearthError } from "../errors.ts";

/** What a caller can ask a column to be (contract 4.2): text, boolean, Int32, Float64. */
export type ColumnType = "str_type" | "bool_type" | "int_type" | "float_type";

const COLUMN_TYPES: readonly unknown[] = ["str_type", "bool_type", "int_type", "float_type"];

/** Column names with the type that is to be read instead of the inferred one. */
export interface ColumnRule {
  readonly field: string;
  readonly type: ColumnType;
}

/** The row of the header, from 0; null: there is none. Absent: 0. Throws `request-invalid`. */
export function parseHeader(value: unknown): number | null {
  if (value === undefined) return 0;
  if (value === null) return null;
  const isCount = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (isCount) return value;
  throw new HearthError(
    "request-invalid",
    `header is a whole number from 0 or null, not ${shownParameter(value)}`,
    {
      hint: "0 is the first line; null reads a file without a header.",
    },
  );
}

/** Checks `dtypes` of a source. Throws `request-invalid`. */
export function parseColumnRules(value: unknown): readonly ColumnRule[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw ruleFault(`dtypes is a list, not ${shownParameter(value)}`);
  return value.map((rule: unknown, at) => parseRule(rule, `dtypes[${at}]`));
}

function parseRule(value: unknown, place: string): ColumnRule {
  if (typeof value !== "object" || value === null)
    throw ruleFault(`${place} is an object, not ${shownParameter(value)}`);
  const { field, type } = value as { field?: unknown; type?: unknown };
  if (typeof field !== "string" && typeof field !== "number") {
    throw ruleFault(`${place}.field is a column's name, not ${shownParameter(field)}`);
  }
  if (COLUMN_TYPES.includes(type)) return { field: String(field), type: type as ColumnType };
  throw ruleFault(`${place}.type is one of ${COLUMN_TYPES.join(", ")}, not ${shownParameter(type)}`);
}

function ruleFault(message: string): HearthError {
  return new HearthError("request-invalid", message, {
    hint: 'For example: "dtypes": [{"field": "zip", "type": "str_type"}]',
  });
}

/** A parameter as a message shows it. */
export function shownParameter(value: unknown): string {
  if (value === undefined) return "absent";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
