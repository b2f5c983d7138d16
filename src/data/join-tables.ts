import { HearthError } from "../errors.ts";
import { codePointOrder } from "./code-points.ts";
import { GAP, selectWithGaps } from "./gaps.ts";
import { writeJson } from "./json-write.ts";
import { cellOf } from "./table-rows.ts";
import { type Cell, type Column, type Table, WholeFloat } from "./table.ts";

export type JoinKind = "left" | "right" | "inner" | "outer";

/** Which rows of both sides stand side by side; `GAP` where a side has none. */
export interface JoinedRows {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/**
 * Joins rows whose keys are equal, in time linear in the result, in pandas' order: of the left side for `left` and
 * `inner`, of the right for `right`, by key for `outer`. Missing keys are equal to each other.
 *
 * @param left the left side's keys, one a row, as `joinKeys` gives them
 */
export function joinRows(left: readonly string[], right: readonly string[], how: JoinKind): JoinedRows {
  if (how === "right") {
    const { left: first, right: second } = joinRows(right, left, "left");
    return { left: second, right: first };
  }
  const places = rowsByKey(right);
  const rows = { left: [] as number[], right: [] as number[] };
  const matched = new Set<number>();
  for (const [row, key] of left.entries()) {
    const matches = places.get(key) ?? (how === "inner" ? [] : [GAP]);
    for (const match of matches) {
      rows.left.push(row);
      rows.right.push(match);
      if (match !== GAP) matched.add(match);
    }
  }
  if (how !== "outer") return rows;
  for (const row of right.keys()) {
    if (matched.has(row)) continue;
    rows.left.push(GAP);
    rows.right.push(row);
  }
  return rows;
}

function rowsByKey(keys: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [row, key] of keys.entries()) {
    const known = places.get(key);
    if (known === undefined) places.set(key, [row]);
    else known.push(row);
  }
  return places;
}

/** The key of each row over some columns: equal texts for equal values, `2` and `2.0` among them. */
export function joinKeys(columns: readonly Column[], rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const cells = columns.map((column) => plain(cellOf(column, row)));
    return writeJson(cells.length === 1 ? cells[0] : cells);
  });
}

function plain(cell: Cell): Cell {
  return cell instanceof WholeFloat ? cell.value : cell;
}

/** Rows in the order of their keys: numbers by value, texts by code point, missing ones last; others as they come. */
export function sortedByKey(rows: JoinedRows, keyOf: (place: number) => Cell): JoinedRows {
  const order = Array.from(rows.left.keys());
  const keys = order.map(keyOf);
  if (!areComparable(keys)) return rows;
  order.sort((one, other) => compare(keys[one] ?? null, keys[other] ?? null) || one - other);
  return {
    left: order.map((place) => rows.left[place] as number),
    right: order.map((place) => rows.right[place] as number),
  };
}

function areComparable(keys: readonly Cell[]): boolean {
  const kinds = new Set(keys.filter((key) => key !== null).map((key) => typeof plain(key)));
  return kinds.size === 1 && !kinds.has("object");
}

function compare(one: Cell, other: Cell): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const [a, b] = [plain(one) as string | number, plain(other) as string | number];
  if (a === b) return 0;
  if (typeof a === "string" && typeof b === "string") return codePointOrder(a, b);
  return a < b ? -1 : 1;
}

export interface Suffixes {
  readonly left: string;
  readonly right: string;
}

/**
 * Columns of both sides in one table. Names that both have get the suffixes; a column on the right whose name would
 * then be there already is left out, since earlier ones win. Throws `request-invalid` when both suffixes are empty.
 */
export function sideBySide(left: Table, right: Table, rows: JoinedRows, suffixes: Suffixes): Table {
  const nameOf = (column: Column) => String(column.name);
  const leftNames = new Set(left.columns.map(nameOf));
  const kept = right.columns.filter((column) => !isTaken(nameOf(column), leftNames, suffixes));
  const shared = new Set(kept.map(nameOf).filter((name) => leftNames.has(name)));
  if (shared.size > 0 && suffixes.left === suffixes.right) {
    throw new HearthError(
      "request-invalid",
      `Both sides have the column "${[...shared][0]}", and no suffix tells them apart`,
      {
        hint: 'Give "rsuffix".',
      },
    );
  }
  const take = (table: readonly Column[], places: readonly number[], suffix: string) =>
    table.map((column) => {
      const name = shared.has(nameOf(column)) && suffix !== "" ? `${column.name}${suffix}` : column.name;
      return { ...selectWithGaps(column, places), name };
    });
  return {
    rows: rows.left.length,
    columns: [...take(left.columns, rows.left, suffixes.left), ...take(kept, rows.right, suffixes.right)],
  };
}

function isTaken(name: string, leftNames: ReadonlySet<string>, { left, right }: Suffixes): boolean {
  if (!leftNames.has(name)) return false;
  if (right !== "" && leftNames.has(`${name}${right}`)) return true;
  return left !== "" && leftNames.has(`${name}${left}`);
}
