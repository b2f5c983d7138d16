import { type CellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { Row } from "../functions/row.ts";
import { variableName } from "../functions/variable-name.ts";
import type { Focus, SessionFrame } from "./frame.ts";

/** Takes a value that was computed for a cell. */
export type StoreCell = (focus: Focus, value: Cell) => void;

/**
 * The row of a session's frame that a focus is in, as functions see it: with what was computed for it before, whether or
 * not that is in the frame yet. Columns of the input are never written.
 */
export function frameRow(frame: SessionFrame, focus: Focus, store: StoreCell): Row {
  const computed = new Map<string, Cell>();
  const at = (column: string): Focus => ({ ...focus, column });
  const has = (column: string): boolean => frame.partOf(column) !== undefined || column === frame.indexName;
  // Without a selector no row of a series is meant.
  const canBeRead = (column: string): boolean =>
    focus.selector !== null || frame.partOf(column)?.kind !== "series";
  const cellOf = (column: string): Cell | undefined => {
    if (computed.has(column)) return computed.get(column);
    if (!has(column)) return undefined;
    return canBeRead(column) ? frame.valueAt(at(column)) : null;
  };
  const names = [frame.indexName, ...frame.columns];
  return {
    columns: frame.columns,
    cell: cellOf,
    store(column, value) {
      if (!has(column)) throw new HearthError("column-unknown", `No column named "${column}"`);
      if (!frame.isWritable(column)) return;
      computed.set(column, value);
      store(at(column), value);
    },
    variables: () =>
      objectFrom(
        names.flatMap((name): [string, Cell][] => {
          const value = cellOf(name) ?? null;
          return value === null ? [] : [[variableName(name), value]];
        }),
      ),
    wholeColumn(column) {
      if (!has(column)) return undefined;
      if (!canBeRead(column)) return frame.indices.map(() => null);
      return frame.indices.map((index) =>
        frame.valueAt({ ...frame.rowFocus(index, focus.selector), column }),
      );
    },
    subseries(column) {
      if (frame.partOf(column)?.kind !== "series") return undefined;
      return frame.seriesRowsOf(focus.index).map((row) => row[column] as Cell);
    },
    seriesRows: () =>
      frame.hasSeries ? frame.seriesRowsOf(focus.index).map((row) => withVariableNames(row)) : [],
  };
}

function withVariableNames(row: CellObject): CellObject {
  return objectFrom(keysOf(row).map((column) => [variableName(column), row[column] as Cell]));
}
