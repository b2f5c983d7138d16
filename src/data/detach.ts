import { atOnce, type Steps } from "../turns.ts";
import { type CellObject, isCellObject, keysOf, objectFrom } from "./json-keys.ts";
import type { Cell, Column, Table } from "./table.ts";

/**
 * A table that keeps no part of the text it was parsed from alive. Engines make a text cut out of a larger one a mere
 * view: one kept value of 20 characters would hold a file of megabytes in the cache, unseen by its bound.
 */
export function detachTexts(table: Table): Table {
  return atOnce(detachSteps(table));
}

/** Values copied in one step. */
const VALUES_PER_STEP = 8192;

/** As `detachTexts`, in steps. */
export function* detachSteps(table: Table): Steps<Table> {
  if (table.columns.every((column) => column.kind !== "mixed")) return table;
  const columns: Column[] = [];
  for (const column of table.columns) {
    if (column.kind !== "mixed") columns.push(column);
    else columns.push({ ...column, values: yield* detachList(column.values) });
  }
  return { ...table, columns };
}

function* detachList(list: readonly Cell[]): Steps<Cell[]> {
  const detached: Cell[] = [];
  let values = 0;
  for (const cell of list) {
    const length = lengthOf(cell);
    detached.push(length > VALUES_PER_STEP ? yield* detachLarge(cell) : detachCell(cell));
    values += length;
    if (values < VALUES_PER_STEP) continue;
    values = 0;
    yield;
  }
  return detached;
}

function* detachLarge(cell: Cell): Steps<Cell> {
  if (Array.isArray(cell)) return yield* detachList(cell as readonly Cell[]);
  const object = cell as CellObject;
  const keys = keysOf(object);
  const values = yield* detachList(keys.map((key) => object[key] as Cell));
  return objectFrom(keys.map((key, at) => [detachText(key), values[at] as Cell] as const));
}

/** How many values a cell holds, at most `VALUES_PER_STEP` + 1 of them counted. */
function lengthOf(cell: Cell): number {
  let length = 0;
  const open: Cell[] = [cell];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    length += 1;
    if (length > VALUES_PER_STEP || typeof next !== "object" || next === null) continue;
    const items = Array.isArray(next)
      ? (next as readonly Cell[])
      : isCellObject(next)
        ? Object.values(next)
        : [];
    if (items.length > VALUES_PER_STEP) return VALUES_PER_STEP + 1;
    for (const item of items) open.push(item);
  }
  return length;
}

function detachCell(cell: Cell): Cell {
  if (typeof cell === "string") return detachText(cell);
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(detachCell);
  if (!isCellObject(cell)) return cell;
  return objectFrom(keysOf(cell).map((key) => [detachText(key), detachCell(cell[key] as Cell)] as const));
}

/** Adding a character and cutting it off makes a view on a copy of just this text. */
function detachText(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
