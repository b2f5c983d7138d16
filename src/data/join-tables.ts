import { HearthError } from "../errors.ts";
import type { Steps } from "../turns.ts";
import { codePointOrder } from "./code-points.ts";
import { GAP, selectWithGaps } from "./gaps.ts";
import { writeJson } from "./json-write.ts";
import { sortSteps } from "./sort-steps.ts";
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
 * @param left the left side's keys, one a row, as `joinKeySteps` gives them
 * @param checkRows told how many rows there are so far, now and then: it throws when they are too many
 */
export function* joinRowSteps(
  left: readonly string[],
  right: readonly string[],
  how: JoinKind,
  checkRows: (rows: number) => void,
): Steps<JoinedRows> {
  if (how === "right") {
    const { left: first, right: second } = yield* joinRowSteps(right, left, "left", checkRows);
    return { left: second, right: first };
  }
  const places = yield* rowsByKey(right);
  const rows = { left: [] as number[], right: [] as number[] };
  const matched = new Uint8Array(right.length);
  const none = how === "inner" ? [] : [GAP];
  for (let row = 0; row < left.length; row += 1) {
    if (row % ROWS_PER_STEP === 0) yield;
    for (const match of places.get(left[row] as string) ?? none) {
      rows.left.push(row);
      rows.right.push(match);
      if (match !== GAP) matched[match] = 1;
      if (rows.left.length % ROWS_PER_STEP !== 0) continue;
      checkRows(rows.left.length);
      yield;
    }
  }
  if (how === "outer") {
    for (let row = 0; row < right.length; row += 1) {
      if (row % ROWS_PER_STEP === 0) yield;
      if (matched[row] === 1) continue;
      rows.left.push(GAP);
      rows.right.push(row);
    }
  }
  checkRows(rows.left.length);
  return rows;
}

/** Rows handled in one step. */
const ROWS_PER_STEP = 4096;

function* rowsByKey(keys: readonly string[]): Steps<Map<string, number[]>> {
  const places = new Map<string, number[]>();
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row] as string;
    const known = places.get(key);
    if (known === undefined) places.set(key, [row]);
    else known.push(row);
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return places;
}

/** The key of each row over some columns: equal texts for equal values, `2` and `2.0` among them. */
export function* joinKeySteps(columns: readonly Column[], rows: number): Steps<string[]> {
  const keys: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const cells = columns.map((column) => plain(cellOf(column, row)));
    keys.push(writeJson(cells.length === 1 ? cells[0] : cells));
    if (row % 512 === 511) yield;
  }
  return keys;
}

/** Rows that stand as they are: of a side of `length` rows every one, in order. */
export function* isIdentity(rows: readonly number[], length: number): Steps<boolean> {
  if (rows.length !== length) return false;
  for (let place = 0; place < length; place += 1) {
    if (rows[place] !== place) return false;
    if (place % 65_536 === 65_535) yield;
  }
  return true;
}

function plain(cell: Cell): Cell {
  return cell instanceof WholeFloat ? cell.value : cell;
}

/** Rows in the order of their keys: numbers by value, texts by code point, missing ones last; others as they come. */
export function* sortByKeySteps(rows: JoinedRows, keyOf: (place: number) => Cell): Steps<JoinedRows> {
  const order = Array.from(rows.left.keys());
  const keys: Cell[] = [];
  for (const place of order) {
    keys.push(keyOf(place));
    if (place % ROWS_PER_STEP === 0) yield;
  }
  if (!areComparable(keys)) return rows;
  const sorted = yield* sortSteps(order, (one, other) => compare(keys[one] ?? null, keys[other] ?? null));
  return {
    left: sorted.map((place) => rows.left[place] as number),
    right: sorted.map((place) => rows.right[place] as number),
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
export function* sideBySide(left: Table, right: Table, rows: JoinedRows, suffixes: Suffixes): Steps<Table> {
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
  const leftColumns = yield* taken(left, rows.left, (name) =>
    shared.has(name) && suffixes.left !== "" ? `${name}${suffixes.left}` : undefined,
  );
  const rightColumns = yield* taken({ ...right, columns: kept }, rows.right, (name) =>
    shared.has(name) && suffixes.right !== "" ? `${name}${suffixes.right}` : undefined,
  );
  return { rows: rows.left.length, columns: leftColumns.concat(rightColumns) };
}

/** The columns of a side in these rows; where those are all rows as they are, the columns themselves. */
function* taken(
  side: Table,
  places: readonly number[],
  newName: (name: string) => string | undefined,
): Steps<Column[]> {
  const isUnchanged = yield* isIdentity(places, side.rows);
  const columns: Column[] = [];
  let cells = 0;
  for (const column of side.columns) {
    const name = newName(String(column.name)) ?? column.name;
    const chosen = isUnchanged ? column : selectWithGaps(column, places);
    columns.push(chosen.name === name ? chosen : { ...chosen, name });
    cells += isUnchanged ? 8 : places.length + 8;
    if (cells < ROWS_PER_STEP * 4) continue;
    cells = 0;
    yield;
  }
  return columns;
}

function isTaken(name: string, leftNames: ReadonlySet<string>, { left, right }: Suffixes): boolean {
  if (!leftNames.has(name)) return false;
  if (right !== "" && leftNames.has(`${name}${right}`)) return true;
  return left !== "" && leftNames.has(`${name}${left}`);
}
