import type { Cell } from "../data/table.ts";
import { didYouMean } from "../data/nearest.ts";
import { pythonStr } from "../data/python-text.ts";
import { HearthError } from "../errors.ts";
import { checkArguments } from "./arguments.ts";
import { type ComputeEntry, type FindFunction, parseEntry } from "./entry.ts";
import type { Args, CallContext, Callable, ComputeFunction, RowFunction } from "./function.ts";
import { loadLiquid, type LiquidRenderer } from "./liquid.ts";
import type { Row } from "./row.ts";
import { viewOf } from "./views.ts";

/** Discards a value. */
const NOWHERE = "_";

/** Runs compute entries over rows. */
export interface RowRunner {
  /**
   * Runs one entry: where it has nothing to do, since its cells are filled, the function is not called. Throws
   * `request-invalid`, `column-unknown`, and what the function throws.
   */
  run(entry: ComputeEntry, row: Row): void;
  /** The value that an entry gives, stored nowhere. */
  valueOf(entry: ComputeEntry, row: Row): Cell;
}

/** Makes a runner, with everything loaded that these entries may need. */
export async function createRowRunner(
  entries: readonly ComputeEntry[],
  find: FindFunction,
  context: CallContext,
): Promise<RowRunner> {
  for (const { function: called, functionArgs } of entries) {
    for (const each of [called, ...Object.values(functionArgs)]) if (each.kind === "row") await each.load?.();
  }
  const needsViews = entries.some(({ viewArgs }) => Object.keys(viewArgs).length > 0);
  const liquid = needsViews ? await loadLiquid() : undefined;
  const valueOf = (entry: ComputeEntry, row: Row): Cell => {
    const called = rowFunction(entry.function);
    const args = argumentsOf(entry, row, { liquid, find, context });
    checkArguments(called, args);
    return called.call(args, context);
  };
  return { valueOf, run: (entry, row) => run(entry, row, valueOf) };
}

function rowFunction(called: ComputeFunction): RowFunction {
  if (called.kind === "row") return called;
  throw new HearthError(
    "request-invalid",
    `The function "${called.name}" is one of whole tables, not of rows`,
  );
}

function run(entry: ComputeEntry, row: Row, valueOf: (entry: ComputeEntry, row: Row) => Cell): void {
  const stored = entry.fields.filter((field) => field !== NOWHERE);
  const isFilled = stored.length > 0 && stored.every((field) => !isMissing(row.cell(field)));
  if (entry.mode === "replace" && isFilled && !entry.refresh) return;
  const value = valueOf(entry, row);
  if (entry.fields.length === 0) return;
  const values = entry.isMany ? manyOf(value, entry) : [value];
  for (const [i, field] of entry.fields.entries()) {
    if (field === NOWHERE) continue;
    const old = row.cell(field) ?? null;
    if (entry.mode === "replace" && !entry.refresh && !isMissing(old)) continue;
    row.store(field, combined(entry, old, values[i] ?? null));
  }
}

function manyOf(value: Cell, { fields, function: called }: ComputeEntry): readonly Cell[] {
  if (Array.isArray(value) && value.length === fields.length) return value as readonly Cell[];
  throw new HearthError(
    "request-invalid",
    `The function "${called.name}" gives ${Array.isArray(value) ? `${value.length} values` : "one value"} for ${fields.length} fields`,
  );
}

function combined({ mode, separator }: ComputeEntry, old: Cell, value: Cell): Cell {
  if (mode === "replace" || isMissing(old)) return value;
  const [before, added] = [pythonStr(old), value === null ? "" : pythonStr(value)];
  return mode === "append" ? `${before}${separator}${added}` : `${added}${separator}${before}`;
}

/** Null, NaN, and the empty text. */
export function isMissing(cell: Cell | undefined): boolean {
  return (
    cell === undefined || cell === null || cell === "" || (typeof cell === "number" && Number.isNaN(cell))
  );
}

interface Sources {
  readonly liquid: LiquidRenderer | undefined;
  readonly find: FindFunction;
  readonly context: CallContext;
}

/** Later kinds overwrite earlier ones. */
function argumentsOf(entry: ComputeEntry, row: Row, sources: Sources): Args {
  const { args, functionArgs, columnArgs, subseriesArgs, viewArgs, rowArgs } = entry;
  return {
    ...args,
    ...mapped(functionArgs, (called) => callable(called, sources.context)),
    ...mapped(columnArgs, (name) => found(row.wholeColumn(name), "column_args", name, row)),
    ...mapped(subseriesArgs, (name) => found(row.subseries(name), "subseries_args", name, row)),
    ...mapped(viewArgs, (view) => viewOf(view, row, viewContext(sources))),
    ...mapped(rowArgs, (name) => found(row.cell(name), "row_args", name, row)),
  };
}

function mapped<T, R>(object: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function found<T>(value: T | undefined, kind: string, name: string, { columns }: Row): T {
  if (value !== undefined) return value;
  throw new HearthError("column-unknown", `"${kind}" names "${name}", which is not a column`, {
    errorType: "ValueError",
    hint: didYouMean(name, columns),
  });
}

function callable(called: ComputeFunction, context: CallContext): Callable {
  const { call } = rowFunction(called);
  return (args) => call(args, context);
}

function viewContext({ liquid, find, context }: Sources) {
  return {
    liquid: liquid as LiquidRenderer,
    compute: (given: Parameters<typeof parseEntry>[0], row: Row): Cell => {
      const { function: name = null, ...rest } = given;
      const entry = parseEntry(rest, find(String(name)), find);
      const args = argumentsOf(entry, row, { liquid, find, context });
      const called = rowFunction(entry.function);
      checkArguments(called, args);
      return called.call(args, context);
    },
  };
}
