import type { HearthError } from "../errors.ts";
import { columnFromCells } from "./infer-column.ts";
import { isCellObject, keysOf, ownValue, type CellObject } from "./json-keys.ts";
import { kindOf, RecordCollector } from "./records.ts";
import type { Cell, Table } from "./table.ts";

/** Makes the error of a JSON value that is no table, of a reason in words. */
type Fail = (reason: string) => HearthError;

/**
 * The table that `pandas.DataFrame` makes of a JSON value (section 4.1 of the wire contract): a list of objects, of
 * lists or of scalars; an object of lists; an object of objects, whose outer keys are the columns. Throws what `fail`
 * makes for anything else.
 */
export function tableFromJson(value: Cell, fail: Fail): Table {
  if (value === null) return { rows: 0, columns: [] };
  if (Array.isArray(value)) return tableFromList(value as readonly Cell[], fail);
  if (!isCellObject(value)) throw fail(`expected a list or an object, found ${kindOf(value)}`);
  return tableFromMapping(value, fail);
}

/** As in pandas the first item decides what the list is made of. */
function tableFromList(list: readonly Cell[], fail: Fail): Table {
  const [first] = list;
  if (isCellObject(first)) return tableFromObjects(list, fail);
  if (Array.isArray(first)) return tableFromRows(list, fail);
  return { rows: list.length, columns: list.length === 0 ? [] : [columnFromCells(0, list)] };
}

function tableFromObjects(list: readonly Cell[], fail: Fail): Table {
  const collector = new RecordCollector();
  for (const [position, item] of list.entries()) {
    if (!isCellObject(item))
      throw fail(`item ${position} of the list is ${kindOf(item)}, the first is an object`);
    collector.add(item);
  }
  const columns = [...collector.finish()].map(([name, cells]) => columnFromCells(name, cells));
  return { rows: list.length, columns };
}

/** Columns are named by their position; short rows are filled up with missing values. */
function tableFromRows(list: readonly Cell[], fail: Fail): Table {
  let width = 0;
  for (const [position, item] of list.entries()) {
    if (!Array.isArray(item))
      throw fail(`item ${position} of the list is ${kindOf(item)}, the first is a list`);
    width = Math.max(width, item.length);
  }
  const rows = list as readonly (readonly Cell[])[];
  const cellsAt = (position: number) => rows.map((row) => row[position]);
  const columns = Array.from({ length: width }, (_, position) =>
    columnFromCells(position, cellsAt(position)),
  );
  return { rows: rows.length, columns };
}

function tableFromMapping(mapping: CellObject, fail: Fail): Table {
  const names = keysOf(mapping);
  if (names.length === 0) return { rows: 0, columns: [] };
  const hasObjects = names.some((name) => isCellObject(mapping[name]));
  const list = names.find((name) => Array.isArray(mapping[name]));
  if (hasObjects && list !== undefined) throw fail(`"${list}" is a list beside objects`);
  if (hasObjects) return tableFromNested(names, mapping);
  if (list === undefined)
    throw fail("an object of single values is no table; write it as a list of one object");
  const rows = (mapping[list] as readonly Cell[]).length;
  const columns = names.map((name) => columnFromCells(name, cellsOf(mapping, name, list, rows, fail)));
  return { rows, columns };
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
function tableFromNested(names: readonly string[], mapping: CellObject): Table {
  const labels = new Set<string>();
  for (const name of names) {
    const value = mapping[name];
    if (isCellObject(value)) for (const label of keysOf(value)) labels.add(label);
  }
  const rows = [...labels];
  const cellsOfColumn = (value: Cell) =>
    rows.map((label) => (isCellObject(value) ? ownValue(value, label) : value));
  return {
    rows: rows.length,
    columns: names.map((name) => columnFromCells(name, cellsOfColumn(mapping[name] as Cell))),
    labels: columnFromCells("", rows),
  };
}
