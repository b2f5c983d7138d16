import { isCellObject, keysOf, objectFrom } from "./json-keys.ts";
import type { Cell, Column, Table } from "./table.ts";

/**
 * A table that keeps no part of the text it was parsed from alive. Engines make a text cut out of a larger one a mere
 * view: one kept value of 20 characters would hold a file of megabytes in the cache, unseen by its bound.
 */
export function detachTexts(table: Table): Table {
  if (table.columns.every((column) => column.kind !== "mixed")) return table;
  return { ...table, columns: table.columns.map(detachColumn) };
}

function detachColumn(column: Column): Column {
  return column.kind === "mixed" ? { ...column, values: column.values.map(detachCell) } : column;
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
