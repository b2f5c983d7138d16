import { type CellObject, isCellObject, keysOf } from "../data/json-keys.ts";
import { writeJson } from "../data/json-write.ts";
import { didYouMean, listNames } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { ComputeFunction } from "./function.ts";

/** One `compute` entry of an interface or a request, checked (section 8.3 of the wire contract). */
export interface ComputeEntry {
  readonly function: ComputeFunction;
  /** Columns for the values; none: nothing is stored. `_` discards. */
  readonly fields: readonly string[];
  /** The function gives a list of values, one for each field. */
  readonly isMany: boolean;
  readonly args: CellObject;
  /** Argument to column. */
  readonly rowArgs: Readonly<Record<string, string>>;
  readonly viewArgs: Readonly<Record<string, Cell>>;
  readonly columnArgs: Readonly<Record<string, string>>;
  readonly subseriesArgs: Readonly<Record<string, string>>;
  /** Argument to function. */
  readonly functionArgs: Readonly<Record<string, ComputeFunction>>;
  readonly refresh: boolean;
  readonly mode: Mode;
  readonly separator: string;
}

export type Mode = "replace" | "append" | "prepend";

const MODES: readonly Mode[] = ["replace", "append", "prepend"];
const DEFAULT_SEPARATOR = "\n\n---\n\n";

const KEYS = [
  "function",
  "field",
  "args",
  "row_args",
  "view_args",
  "column_args",
  "subseries_args",
  "function_args",
  "refresh",
  "mode",
  "separator",
];

/** Finds a function by name. Throws `operation-unknown` with the nearest names. */
export type FindFunction = (name: string) => ComputeFunction;

/** The functions of these, by name. */
export function functionFinder(functions: readonly ComputeFunction[]): FindFunction {
  const byName = new Map(functions.map((each) => [each.name, each]));
  return (name) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    throw new HearthError("operation-unknown", `No function named "${name}"`, {
      hint: didYouMean(name, [...byName.keys()]),
    });
  };
}

/** Checks the entries of a `compute` section: one or a list. Throws `request-invalid` and `operation-unknown`. */
export function parseEntries(section: Cell | undefined, find: FindFunction): ComputeEntry[] {
  if (section === undefined || section === null) return [];
  const list: readonly Cell[] = Array.isArray(section) ? (section as readonly Cell[]) : [section];
  return list.map((entry) => {
    if (!isCellObject(entry)) throw invalid(`An entry of "compute" is an object, not ${kindOf(entry)}`);
    const name = entry["function"];
    if (typeof name !== "string") throw invalid('An entry of "compute" needs "function", a name');
    return parseEntry(entry, find(name), find);
  });
}

/** Checks one entry whose function is known. */
export function parseEntry(entry: CellObject, called: ComputeFunction, find: FindFunction): ComputeEntry {
  const unknown = keysOf(entry).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw invalid(`An entry of "compute" has no key "${unknown}"`, didYouMean(unknown, KEYS));
  }
  const { field = null, args = null, mode = "replace", separator = DEFAULT_SEPARATOR } = entry;
  const functionNames = namesIn(entry, "function_args");
  if (!MODES.includes(mode as Mode)) {
    throw invalid(`"mode" can't be ${writeJson(mode).slice(0, 60)}`, `It is one of ${listNames(MODES)}.`);
  }
  if (typeof separator !== "string") throw invalid(`"separator" is a text, not ${kindOf(separator)}`);
  if (args !== null && !isCellObject(args)) throw invalid(`"args" is an object, not ${kindOf(args)}`);
  return {
    function: called,
    fields: fieldsOf(field),
    isMany: Array.isArray(field),
    args: args ?? {},
    rowArgs: namesIn(entry, "row_args"),
    viewArgs: objectIn(entry, "view_args"),
    columnArgs: namesIn(entry, "column_args"),
    subseriesArgs: namesIn(entry, "subseries_args"),
    functionArgs: Object.fromEntries(Object.entries(functionNames).map(([key, name]) => [key, find(name)])),
    refresh: entry["refresh"] === true,
    mode: mode as Mode,
    separator,
  };
}

function fieldsOf(field: Cell): readonly string[] {
  if (field === null) return [];
  const list: readonly Cell[] = Array.isArray(field) ? (field as readonly Cell[]) : [field];
  if (list.every((name) => typeof name === "string")) return list as string[];
  throw invalid(`"field" is a column's name or a list of them, not ${kindOf(field)}`);
}

function objectIn(entry: CellObject, key: string): Readonly<Record<string, Cell>> {
  const value = entry[key] ?? {};
  if (isCellObject(value)) return value;
  throw invalid(`"${key}" is an object {argument: ...}, not ${kindOf(value)}`);
}

function namesIn(entry: CellObject, key: string): Readonly<Record<string, string>> {
  const names = objectIn(entry, key);
  const odd = Object.entries(names).find(([, name]) => typeof name !== "string");
  if (odd !== undefined) throw invalid(`"${key}.${odd[0]}" is a name, not ${kindOf(odd[1])}`);
  return names as Readonly<Record<string, string>>;
}

function invalid(message: string, hint?: string): HearthError {
  return new HearthError("request-invalid", message, { hint });
}
