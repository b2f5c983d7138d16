import { setImmediate as nextTurn } from "node:timers/promises";
import { columnFromCells, selectRows } from "../data/columns.ts";
import { type CellObject, objectFrom } from "../data/json-keys.ts";
import { cellsOf } from "../data/table-rows.ts";
import type { Cell, Column, Table } from "../data/table.ts";
import { TextColumnBuilder } from "../data/text-column.ts";
import { HearthError } from "../errors.ts";
import { checkArguments } from "./arguments.ts";
import type { ComputeEntry, FindFunction } from "./entry.ts";
import type { CallContext, FrameFunction } from "./function.ts";
import type { Row } from "./row.ts";
import { createRowRunner, type RowRunner } from "./run-row.ts";
import { withTimeLimit } from "./time-limit.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { variableName } from "./variable-name.ts";

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 10;

export interface TableRun {
  readonly find: FindFunction;
  readonly context: CallContext;
  readonly signal?: AbortSignal | undefined;
  /** For all entries together; absent or 0: none. */
  readonly timeLimitSeconds?: number | undefined;
}

/**
 * Runs entries over a table, one behind the other, each over all rows: of a row function fields that are absent are added;
 * a frame function's table takes the place of this one, its column is stored in `field`, its mask without `field` keeps
 * rows. Throws `request-invalid`, `column-unknown`, and what the functions throw.
 */
export function runOverTable(table: Table, entries: readonly ComputeEntry[], run: TableRun): Promise<Table> {
  return withTimeLimit(run.timeLimitSeconds ?? 0, run.signal, (signal) =>
    runEntries(table, entries, { ...run, signal }),
  );
}

async function runEntries(table: Table, entries: readonly ComputeEntry[], run: TableRun): Promise<Table> {
  let current = table;
  for (const entry of entries) {
    const { function: called } = entry;
    current =
      called.kind === "frame"
        ? await runFrame(current, entry, called, run)
        : await runRows(current, entry, run);
  }
  return current;
}

async function runFrame(
  table: Table,
  entry: ComputeEntry,
  called: FrameFunction,
  { context, signal }: TableRun,
): Promise<Table> {
  checkArguments(called, entry.args);
  const [field, ...more] = entry.fields;
  if (more.length > 0) {
    throw new HearthError(
      "request-invalid",
      `The function "${called.name}" gives one column for ${entry.fields.length} fields`,
    );
  }
  const result = await unlessAborted(called.run(table, entry.args, context), signal);
  if ("table" in result) return result.table;
  if ("column" in result)
    return field === undefined ? table : stored(table, { ...result.column, name: field });
  if (field !== undefined) return stored(table, { ...columnFromCells(field, result.mask), name: field });
  return selectRows(
    table,
    Array.from(result.mask.keys()).filter((row) => result.mask[row]),
  );
}

function stored(table: Table, column: Column): Table {
  const exists = table.columns.some(({ name }) => name === column.name);
  const columns = exists
    ? table.columns.map((old) => (old.name === column.name ? column : old))
    : [...table.columns, column];
  return { ...table, columns };
}

async function runRows(
  table: Table,
  entry: ComputeEntry,
  { find, context, signal }: TableRun,
): Promise<Table> {
  const cells = new TableCells(
    table,
    entry.fields.filter((field) => field !== "_"),
  );
  const runner = await createRowRunner([entry], find, context);
  let turnMs = performance.now();
  for (let row = 0; row < table.rows; row += 1) {
    cells.at(row);
    const pending = runRow(runner, entry, cells, row);
    if (pending !== undefined) await unlessAborted(pending, signal);
    if (performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnMs = performance.now();
  }
  return cells.table();
}

/** Of a function of the operator's own it is told in which row it failed. */
function runRow(
  runner: RowRunner,
  entry: ComputeEntry,
  cells: TableCells,
  row: number,
): Promise<void> | undefined {
  try {
    const pending = runner.run(entry, cells);
    return pending instanceof Promise ? pending.catch((error: unknown) => failInRow(error, row)) : undefined;
  } catch (error) {
    return failInRow(error, row);
  }
}

function failInRow(error: unknown, row: number): never {
  if (!(error instanceof HearthError) || error.code !== "function-failed") throw error;
  throw new HearthError("function-failed", `Row ${row}: ${error.message}`, { cause: error.cause });
}

/** A table whose cells can be changed, a row at a time; columns are taken apart when first asked for. */
class TableCells implements Row {
  readonly columns: readonly string[];
  readonly #table: Table;
  readonly #columns = new Map<string, Column | undefined>();
  readonly #cells = new Map<string, Cell[]>();
  readonly #changed = new Set<string>();
  readonly #variables: readonly (readonly [variable: string, column: string])[];
  #row = 0;

  constructor(table: Table, fields: readonly string[]) {
    this.#table = table;
    for (const column of table.columns) this.#columns.set(String(column.name), column);
    for (const field of fields) if (!this.#columns.has(field)) this.#columns.set(field, undefined);
    this.columns = [...this.#columns.keys()];
    this.#variables = this.columns.map((name) => [variableName(name), name]);
  }

  /** Goes to a row. */
  at(row: number): void {
    this.#row = row;
  }

  cell(name: string): Cell | undefined {
    return this.wholeColumn(name)?.[this.#row];
  }

  store(name: string, value: Cell): void {
    const cells = this.wholeColumn(name);
    if (cells === undefined) throw new HearthError("column-unknown", `No column named "${name}"`);
    cells[this.#row] = value;
    this.#changed.add(name);
  }

  variables(): CellObject {
    const present = this.#variables.flatMap(([variable, name]): [string, Cell][] => {
      const value = this.cell(name) ?? null;
      return value === null ? [] : [[variable, value]];
    });
    return objectFrom(present);
  }

  subseries(): undefined {
    return undefined;
  }

  seriesRows(): readonly CellObject[] {
    return [];
  }

  wholeColumn(name: string): Cell[] | undefined {
    const known = this.#cells.get(name);
    if (known !== undefined || !this.#columns.has(name)) return known;
    const column = this.#columns.get(name);
    const cells =
      column === undefined ? Array.from({ length: this.#table.rows }, () => null) : cellsOf(column);
    this.#cells.set(name, cells);
    return cells;
  }

  table(): Table {
    const columns = [...this.#columns].map(([name, column]) => {
      if (column !== undefined && !this.#changed.has(name)) return column;
      const cells = this.wholeColumn(name) as Cell[];
      return column === undefined ? objectColumn(name, cells) : columnFromCells(column.name, cells);
    });
    return { ...this.#table, columns };
  }
}

/** A new column is one of objects, as lynguine adds it. */
function objectColumn(name: string, cells: readonly Cell[]): Column {
  if (cells.every((cell) => cell === null || (typeof cell === "string" && cell.isWellFormed()))) {
    const texts = new TextColumnBuilder(cells.length);
    for (const cell of cells) texts.add(cell as string | null);
    return texts.build(name);
  }
  return { kind: "mixed", dtype: "object", name, length: cells.length, values: cells };
}
