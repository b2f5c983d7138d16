import { didYouMean } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import type { Cell, Column, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Args, ComputeFunction } from "./function.ts";

/** Throws `request-invalid` when a function is given an argument that it does not have. */
export function checkArguments({ name, parameters, takesAnyArgument }: ComputeFunction, args: Args): void {
  if (takesAnyArgument) return;
  const unknown = Object.keys(args).find((argument) => !Object.hasOwn(parameters, argument));
  if (unknown === undefined) return;
  throw new HearthError("request-invalid", `The function "${name}" has no argument "${unknown}"`, {
    hint: didYouMean(unknown, Object.keys(parameters)),
  });
}

export function textArgument(args: Args, name: string, fallback?: string): string {
  const value = args[name] ?? fallback;
  if (typeof value === "string") return value;
  throw wrong(name, "a text", value);
}

export function wholeArgument(args: Args, name: string, fallback: number): number {
  const value = args[name] ?? fallback;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrong(name, "a whole number", value);
}

export function booleanArgument(args: Args, name: string, fallback: boolean): boolean {
  const value = args[name] ?? fallback;
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

/** One name or a list of them. */
export function namesArgument(args: Args, name: string): readonly string[] {
  const value = args[name] as Cell;
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.every((each) => typeof each === "string")) return names as string[];
  throw wrong(name, "a column's name or a list of them", value);
}

/** The column that an argument names. Throws `column-unknown`. */
export function columnArgument(table: Table, args: Args, name: string, fallback?: string): Column {
  const wanted = textArgument(args, name, fallback);
  const column = table.columns.find((candidate) => String(candidate.name) === wanted);
  if (column !== undefined) return column;
  throw new HearthError("column-unknown", `No column named "${wanted}" ("${name}")`, {
    hint: didYouMean(
      wanted,
      table.columns.map((candidate) => String(candidate.name)),
    ),
  });
}

function wrong(name: string, expected: string, value: unknown): HearthError {
  const came = value === undefined ? "it is missing" : `it is ${kindOf(value)}`;
  return new HearthError("request-invalid", `The argument "${name}" must be ${expected}; ${came}`);
}
