import type { HearthError } from "../errors.ts";
import { atOnce, type Steps } from "../turns.ts";
import { checkCells, DEFAULT_MAX_CELLS } from "./cell-limit.ts";
import { columnSteps } from "./infer-column.ts";
import { isCellObject, keysOf, ownValue, type CellObject } from "./json-keys.ts";
import { type CellBound, CELLS_PER_STEP, collectSteps, kindOf, RecordCollector } from "./records.ts";
import type { Cell, Column, Table } from "./table.ts";

/** Makes the error of a JSON value that is no table, of a reason in words. */
type Fail = (reason: string) => HearthError;

/** What a table is made for: errors and bounds. */
interface Making extends CellBound {
  readonly fail: Fail;
}

/**
 * The table that `pandas.DataFrame` makes of a JSON value (section 4.1 of the wire contract): a list of objects, of
 * lists or of scalars; an object of lists; an object of objects, whose outer keys are the columns. Throws what `fail`
 * makes for anything else, and `data-too-large` beyond the bound.
 */
export function tableFromJson(value: Cell, fail: Fail, bound: CellBound = DEFAULT_BOUND): Table {
  return atOnce(jsonTableSteps(value, fail, bound));
}

const DEFAULT_BOUND: CellBound = { maxCells: DEFAULT_MAX_CELLS, shownName: "The data" };

/** As `tableFromJson`, in steps. */
export function* jsonTableSteps(value: Cell, fail: Fail, bound: CellBound): Steps<Table> {
  const making: Making = { fail, maxCells: bound.maxCells, shownName: bound.shownName };
  if (value === null) return { rows: 0, columns: [] };
  if (Array.isArray(value)) return yield* tableFromList(value as readonly Cell[], making);
  if (!isCellObject(value)) throw fail(`expected a list or an object, found ${kindOf(value)}`);
  return yield* tableFromMapping(value, making);
}

/** As in pandas the first item decides what the list is made of. */
function* tableFromList(list: readonly Cell[], making: Making): Steps<Table> {
  const [first] = list;
  if (isCellObject(first)) return yield* tableFromObjects(list, making);
  if (Array.isArray(first)) return yield* tableFromRows(list, making);
  return { rows: list.length, columns: list.length === 0 ? [] : [yield* columnOf(0, list, making)] };
}

function* columnOf(name: string | number, cells: readonly Cell[], making: Making): Steps<Column> {
  checkCells(cells.length, 1, making.maxCells, making.shownName);
  return yield* columnSteps(name, cells);
}

function* tableFromObjects(list: readonly Cell[], making: Making): Steps<Table> {
  const collector = new RecordCollector(making);
  yield* collectSteps(collector, list, (position, item) =>
    making.fail(`item ${position} of the list is ${kindOf(item)}, the first is an object`),
  );
  return yield* collector.tableSteps();
}

/** Columns are named by their position; short rows are filled up with missing values. */
function* tableFromRows(list: readonly Cell[], making: Making): Steps<Table> {
  let width = 0;
  for (const [position, item] of list.entries()) {
    if (!Array.isArray(item))
      throw making.fail(`item ${position} of the list is ${kindOf(item)}, the first is a list`);
    width = Math.max(width, item.length);
    if (position % CELLS_PER_STEP === CELLS_PER_STEP - 1) yield;
  }
  checkCells(list.length, width, making.maxCells, making.shownName);
  const rows = list as readonly (readonly Cell[])[];
  return yield* tableOfColumns(
    Array.from({ length: width }, (_, position) => position),
    rows.length,
    function* (position) {
      const cells: (Cell | undefined)[] = [];
      for (const row of rows) {
        cells.push(row[position]);
        if (cells.length % CELLS_PER_STEP === 0) yield;
      }
      return cells;
    },
  );
}

/** A column for each name, with a pause now and then. */
function* tableOfColumns<Name extends string | number>(
  names: readonly Name[],
  rows: number,
  cellsOf: (name: Name) => Steps<readonly (Cell | undefined)[]>,
): Steps<Table> {
  const columns: Column[] = [];
  let made = 0;
  for (const name of names) {
    columns.push(yield* columnSteps(name, yield* cellsOf(name)));
    made += rows + 16;
    if (made < CELLS_PER_STEP) continue;
    made = 0;
    yield;
  }
  return { rows, columns };
}

function* tableFromMapping(mapping: CellObject, making: Making): Steps<Table> {
  const { fail, maxCells, shownName } = making;
  const names = keysOf(mapping);
  if (names.length === 0) return { rows: 0, columns: [] };
  checkCells(0, names.length, maxCells, shownName);
  const hasObjects = names.some((name) => isCellObject(mapping[name]));
  const list = names.find((name) => Array.isArray(mapping[name]));
  if (hasObjects && list !== undefined) throw fail(`"${list}" is a list beside objects`);
  if (hasObjects) return yield* tableFromNested(names, mapping, making);
  if (list === undefined)
    throw fail("an object of single values is no table; write it as a list of one object");
  const rows = (mapping[list] as readonly Cell[]).length;
  checkCells(rows, names.length, maxCells, shownName);
  // eslint-disable-next-line require-yield
  return yield* tableOfColumns(names, rows, function* (name) {
    return cellsOf(mapping, name, list, rows, fail);
  });
}

/** A single value beside lists stands in every row, as in pandas. */
function cellsOf(mapping: CellObject, name: string, list: string, rows: number, fail: Fail): readonly Cell[] {
  const value = mapping[name] as Cell;
  if (!Array.isArray(value)) return Array.from({ length: rows }, () => value);
  const cells = value as readonly Cell[];
  if (cells.length === rows) return cells;
  throw fail(`the lists differ in length: "${list}" has ${rows}, "${name}" has ${cells.length}`);
}

/** Outer keys are columns, inner keys are row labels in order of appearance. */
function* tableFromNested(names: readonly string[], mapping: CellObject, making: Making): Steps<Table> {
  const labels = new Set<string>();
  let looked = 0;
  for (const name of names) {
    const value = mapping[name];
    if (!isCellObject(value)) continue;
    for (const label of keysOf(value)) {
      labels.add(label);
      looked += 1;
      if (looked % CELLS_PER_STEP === 0) yield;
    }
    checkCells(labels.size, names.length, making.maxCells, making.shownName);
  }
  const rows = [...labels];
  const table = yield* tableOfColumns(names, rows.length, function* (name) {
    const value = mapping[name] as Cell;
    const cells: (Cell | undefined)[] = [];
    for (const label of rows) {
      cells.push(isCellObject(value) ? ownValue(value, label) : value);
      if (cells.length % CELLS_PER_STEP === 0) yield;
    }
    return cells;
  });
  return { ...table, labels: yield* columnSteps("", rows) };
}
