import type { PathOptions } from "../access/files.ts";
import { HearthError } from "../errors.ts";
import { nearestName } from "../nearest.ts";
import { kindOf } from "./records.ts";
import { isCellObject } from "./json-keys.ts";
import type { DataSource } from "./source.ts";

/** The parameters of a data source that have to do with its place, whatever its type. */
const PLACE_PARAMETERS = ["type", "filename", "directory", "base_directory", "allowed_roots"];

/** The parameters applied after reading, whatever the type (section 4.5 of the wire contract). */
const AFTER_READ_PARAMETERS = [
  "index",
  "add_columns",
  "rename_columns",
  "ignore_columns",
  "select_columns",
  "columns",
  "compute",
];

/** Put into a source by interfaces; they describe, and change nothing about what is read. */
const DESCRIPTIVE_PARAMETERS = ["user_file", "mapping"];

/**
 * Checks that a value is a data source. Throws `request-invalid`, with the class names of lynguine: AttributeError for
 * what is no object, ValueError without `type`.
 */
export function checkSource(source: unknown): DataSource {
  if (!isCellObject(source)) {
    throw new HearthError("request-invalid", `A data source is an object, not ${kindOf(source)}`, {
      errorType: "AttributeError",
      hint: 'Write for example {"type": "csv", "filename": "data.csv"}.',
    });
  }
  if (source.type === undefined || source.type === null) {
    throw new HearthError("request-invalid", 'The data source has no "type"', {
      hint: 'Name one, such as "csv", or let "auto" go by the extension of the file name.',
    });
  }
  if (typeof source.type === "string") return source as DataSource;
  throw new HearthError(
    "request-invalid",
    `The "type" of a data source is a text, not ${kindOf(source.type)}`,
  );
}

/** The file name of a source. Throws `request-invalid` when it has none. */
export function filenameOf(source: DataSource): string {
  const { filename } = source;
  if (typeof filename === "string" && filename !== "") return filename;
  const what = filename === undefined || filename === null ? "has no" : "needs a text as";
  throw new HearthError("request-invalid", `The data source of type "${source.type}" ${what} "filename"`);
}

/** Where a source (or an output) says that its file lies. Throws `request-invalid` for values of the wrong kind. */
export function pathOptionsOf(source: Readonly<Record<string, unknown>>): PathOptions {
  return {
    directory: optionalText(source, "directory"),
    baseDirectory: optionalText(source, "base_directory"),
    allowedRoots: optionalTexts(source, "allowed_roots"),
  };
}

function optionalText(source: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new HearthError("request-invalid", `"${name}" is a text, not ${kindOf(value)}`);
}

function optionalTexts(
  source: Readonly<Record<string, unknown>>,
  name: string,
): readonly string[] | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.every((item) => typeof item === "string")) return list as string[];
  throw new HearthError("request-invalid", `"${name}" is a list of texts`);
}

/**
 * A warning for each parameter that nobody reads, with the nearest known name.
 *
 * @param own parameters that this type knows
 */
export function unknownParameters(source: DataSource, own: readonly string[]): string[] {
  const known = [...PLACE_PARAMETERS, ...own, ...AFTER_READ_PARAMETERS];
  return warningsFor(source, known, `data source of type "${source.type}"`);
}

/** The same for an output. */
export function unknownOutputParameters(
  output: Readonly<Record<string, unknown>>,
  own: readonly string[],
): string[] {
  return warningsFor(output, [...PLACE_PARAMETERS, ...own], `output of type "${String(output.type)}"`);
}

function warningsFor(given: object, known: readonly string[], what: string): string[] {
  const unknown = Object.keys(given).filter(
    (key) => !known.includes(key) && !DESCRIPTIVE_PARAMETERS.includes(key),
  );
  return unknown.map((key) => {
    const nearest = nearestName(key, known);
    return `Unknown parameter "${key}" of a ${what}${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`;
  });
}
