import { isCellObject } from "../data/json-keys.ts";
import { keysOf } from "../data/json-keys.ts";
import { kindOf } from "../data/records.ts";
import { didYouMean, listNames } from "../nearest.ts";
import { HearthError } from "../errors.ts";
import type { LoadedColumn, LoadedTable } from "../engine/load.ts";
import type { Params } from "./operation.ts";

/** A failure of a parameter: `params.NAME: expected ...`. */
export function paramFault(name: string, expected: string, value: unknown): HearthError {
  const came = value === undefined ? "it is missing" : `it is ${kindOf(value)}`;
  return new HearthError("request-invalid", `"params.${name}" must be ${expected}; ${came}`);
}

/** A text that must be there. Throws `request-invalid`. */
export function textParam(params: Params, name: string, expected: string): string {
  const value = params[name];
  if (typeof value === "string") return value;
  throw paramFault(name, expected, value);
}

/** One column name or a list of them; `undefined` when absent. Throws `request-invalid`. */
export function namesParam(params: Params, name: string): string[] | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isName = (item: unknown) => typeof item === "string" || typeof item === "number";
  if (!list.every(isName)) throw paramFault(name, "a column name or a list of column names", value);
  return list.map(String);
}

/** SQL expressions by the names that their columns will have, in the order they were written. Throws `request-invalid`. */
export function expressionsParam(params: Params, name: string): [column: string, expression: string][] {
  const value = params[name];
  const expected = "an object of column names and SQL expressions";
  if (!isCellObject(value)) throw paramFault(name, expected, value);
  return keysOf(value).map((column) => {
    const expression = value[column];
    if (typeof expression !== "string")
      throw paramFault(`${name}.${column}`, "an SQL expression (a text)", expression);
    if (column === "") throw paramFault(name, `${expected}, none of them empty`, value);
    return [column, expression];
  });
}

/** Finds columns by name. Throws `column-unknown` with the nearest names. */
export function findColumns(table: LoadedTable, names: readonly string[], param: string): LoadedColumn[] {
  return names.map((name) => {
    const column = table.columns.find((candidate) => String(candidate.name) === name);
    if (column !== undefined) return column;
    throw unknownColumn(
      name,
      param,
      table.columns.map((candidate) => String(candidate.name)),
    );
  });
}

/** The failure for a column name that is not there. */
export function unknownColumn(name: string, param: string, known: readonly string[]): HearthError {
  const hint = didYouMean(name, known);
  return new HearthError("column-unknown", `No column named "${name}" ("params.${param}")`, { hint });
}

/** One of these words, or `fallback` when absent. Throws `request-invalid`. */
export function wordParam<T extends string>(
  params: Params,
  name: string,
  words: readonly T[],
  fallback: T,
): T {
  const value = params[name] ?? fallback;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw paramFault(name, `one of ${listNames(words)}`, value);
  return word;
}
