import { isCellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import { parseOwnJson } from "../data/json-parse.ts";
import { writeJsonBytes } from "../data/json-write.ts";
import { Moment } from "../data/moment.ts";
import type { Cell } from "../data/table.ts";

/** Stands in place of a date, as JSON has none: an object with this key alone. */
const MOMENT_KEY = "\0moment";

/** A value as bytes, with its dates. */
export function packCell(cell: Cell): Uint8Array {
  return writeJsonBytes(hasMoment(cell) ? withoutMoments(cell) : cell, "word");
}

/** What `packCell` packed. */
export function unpackCell(bytes: Uint8Array): Cell {
  const cell = parseOwnJson(bytes);
  return hasKey(cell) ? withMoments(cell) : cell;
}

function hasMoment(cell: Cell): boolean {
  if (cell instanceof Moment) return true;
  if (Array.isArray(cell)) return (cell as readonly Cell[]).some(hasMoment);
  // A mapping with that very key is wrapped too, so that it is no date when it is unpacked.
  return (
    isCellObject(cell) && (MOMENT_KEY in cell || keysOf(cell).some((key) => hasMoment(cell[key] as Cell)))
  );
}

function withoutMoments(cell: Cell): Cell {
  if (cell instanceof Moment) return { [MOMENT_KEY]: cell.iso };
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(withoutMoments);
  if (!isCellObject(cell)) return cell;
  const plain = objectFrom(keysOf(cell).map((key) => [key, withoutMoments(cell[key] as Cell)] as const));
  return MOMENT_KEY in cell ? { [MOMENT_KEY]: plain } : plain;
}

function hasKey(cell: Cell): boolean {
  if (Array.isArray(cell)) return (cell as readonly Cell[]).some(hasKey);
  return isCellObject(cell) && (MOMENT_KEY in cell || keysOf(cell).some((key) => hasKey(cell[key] as Cell)));
}

function withMoments(cell: Cell): Cell {
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(withMoments);
  if (!isCellObject(cell)) return cell;
  const packed = cell[MOMENT_KEY];
  if (typeof packed === "string") return new Moment(packed);
  const own = packed === undefined ? cell : (packed as typeof cell);
  return objectFrom(keysOf(own).map((key) => [key, withMoments(own[key] as Cell)] as const));
}
