import type { Cell } from "../data/table.ts";
import { didYouMean } from "../nearest.ts";
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
   * Runs one entry: where it has nothing to do, since its cells are filled, the function is not called. A promise only
   * where the function gives one. Throws `request-invalid`, `column-unknown`, and what the function throws.
   */
  run(entry: ComputeEntry, row: Row): void | Promise<void>;
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
  const makers = new Map(entries.map((entry) => [entry, argumentMaker(entry, { liquid, find, context })]));
  const valueOf = (entry: ComputeEntry, row: Row): Cell | Promise<Cell> => {
    const called = rowFunction(entry.function);
    const args = (makers.get(entry) as (row: Row) => Args)(row);
    checkArguments(called, args);
    return called.call(args, context);
  };
  return { run: (entry, row) => run(entry, row, valueOf) };
}

function rowFunction(called: ComputeFunction): RowFunction {
  if (called.kind === "row") return called;
  throw new HearthError(
    "request-invalid",
    `The function "${called.name}" is one of whole tables, not of rows`,
  );
}

function run(
  entry: ComputeEntry,
  row: Row,
  valueOf: (entry: ComputeEntry, row: Row) => Cell | Promise<Cell>,
): void | Promise<void> {
  if (entry.mode === "replace" && !entry.refresh && isFilled(entry, row)) return;
  const value = valueOf(entry, row);
  if (value instanceof Promise) return value.then((settled) => storeValue(entry, row, settled));
  return storeValue(entry, row, value);
}

/** All its fields have values, so that there is nothing to do. */
function isFilled({ fields }: ComputeEntry, row: Row): boolean {
  let isStored = false;
  for (const field of fields) {
    if (field === NOWHERE) continue;
    if (isMissing(row.cell(field))) return false;
    isStored = true;
  }
  return isStored;
}

function storeValue(entry: ComputeEntry, row: Row, value: Cell): void {
  const { fields, isMany } = entry;
  if (fields.length === 0) return;
  const values = isMany ? manyOf(value, entry) : undefined;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i] as string;
    if (field === NOWHERE) continue;
    const old = row.cell(field) ?? null;
    if (entry.mode === "replace" && !entry.refresh && !isMissing(old)) continue;
    row.store(field, combined(entry, old, values === undefined ? value : (values[i] ?? null)));
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

/** Makes the arguments for a row; later kinds overwrite earlier ones. What is the same for all rows is done once. */
function argumentMaker(entry: ComputeEntry, sources: Sources): (row: Row) => Args {
  const fixed: Record<string, Cell | Callable> = { ...entry.args };
  for (const [argument, called] of Object.entries(entry.functionArgs))
    fixed[argument] = callable(called, sources.context);
  const of = (
    names: Readonly<Record<string, string>>,
    kind: string,
    get: (row: Row, name: string) => Cell | undefined,
  ) =>
    Object.entries(names).map(([argument, name]) => ({
      argument,
      value: (row: Row) => found(get(row, name), kind, name, row),
    }));
  const views = Object.entries(entry.viewArgs).map(([argument, view]) => ({
    argument,
    value: (row: Row) => viewOf(view, row, viewContext(sources)),
  }));
  const perRow = [
    ...of(entry.columnArgs, "column_args", (row, name) => row.wholeColumn(name)),
    ...of(entry.subseriesArgs, "subseries_args", (row, name) => row.subseries(name)),
    ...views,
    ...of(entry.rowArgs, "row_args", (row, name) => row.cell(name)),
  ];
  return (row) => {
    const args = { ...fixed };
    for (const { argument, value } of perRow) args[argument] = value(row);
    return args;
  };
}

function found<T>(value: T | undefined, kind: string, name: string, { columns }: Row): T {
  if (value !== undefined) return value;
  throw new HearthError("column-unknown", `"${kind}" names "${name}", which is not a column`, {
    errorType: "ValueError",
    hint: didYouMean(name, columns),
  });
}

function callable(called: ComputeFunction, context: CallContext): Callable {
  return (args) => atOnce(called.name, rowFunction(called).call(args, context));
}

/** Within a view, or in another function, there is no waiting. */
function atOnce(name: string, value: Cell | Promise<Cell>): Cell {
  if (!(value instanceof Promise)) return value;
  value.catch(() => {}); // it is not waited for
  throw new HearthError(
    "request-invalid",
    `The function "${name}" is async; in a view or as an argument it can't be used`,
  );
}

function viewContext({ liquid, find, context }: Sources) {
  return {
    liquid: liquid as LiquidRenderer,
    compute: (given: Parameters<typeof parseEntry>[0], row: Row): Cell => {
      const { function: name = null, ...rest } = given;
      const entry = parseEntry(rest, find(String(name)), find);
      const args = argumentMaker(entry, { liquid, find, context })(row);
      const called = rowFunction(entry.function);
      checkArguments(called, args);
      return atOnce(called.name, called.call(args, context));
    },
  };
}
