import type { CsvBlock } from "./block.ts";
import { isMissing, parseBoolean } from "./cell-text.ts";
import {
  beginsWithMinus,
  type IntegerRange,
  integerRange,
  parseDecimal,
  parseLongInteger,
  parseShortInteger,
} from "./parse-number.ts";

/** What all cells of a column were so far. */
type Track = "nothing" | "integer" | "unsigned" | "float" | "boolean" | "text";

/** How a column is made of its cells. */
export type ColumnKind =
  /** No rows: dtype object. */
  | "empty"
  /** `bigint` holds int64 that need more than 53 bits. */
  | "int64"
  | "bigint"
  | "uint64"
  | "float64"
  | "bool"
  /** Booleans with gaps: dtype object. */
  | "bool-gaps"
  | "text"
  /** Types that a caller asks for; texts are "text". */
  | "Int32"
  | "Float64"
  | "boolean";

/**
 * Finds the type of a column, cell by cell in the order of the file, with a few flags as its only memory: the type comes
 * out as from pandas' C parser with `low_memory=False`. It tries int64, uint64, float64 and bool one after the other over
 * the whole column, and what it does next depends on which cell fails first, so this walks the same way in one go:
 * whole numbers up to the first that only fits 64 bits without sign, and so on.
 */
export class TypeInference {
  #track: Track = "nothing";
  #hasMissing = false;
  #hasMinus = false;
  #needsBigInt = false;

  /** Looks at the column's cells in one block. */
  add(block: CsvBlock, column: number): void {
    const { bytes, starts, ends, rows, width } = block;
    let track = this.#track;
    for (let row = 0, at = column; row < rows && track !== "text"; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      if (isMissing(bytes, start, end)) {
        this.#hasMissing = true;
        continue;
      }
      if (track === "integer") {
        const value = parseShortInteger(bytes, start, end);
        if (value > 0) continue;
        if (value <= 0) {
          this.#hasMinus ||= Object.is(value, -0) || value < 0;
          continue;
        }
      } else if (track === "float") {
        const value = parseDecimal(bytes, start, end, false);
        if (value === value) continue;
      } else if (track === "boolean" && parseBoolean(bytes, start, end) >= 0) continue;
      track = this.#next(track, bytes, start, end);
    }
    this.#track = track;
  }

  /** The kind of the whole column. */
  kind(rows: number): ColumnKind {
    if (rows === 0) return "empty";
    switch (this.#track) {
      case "nothing":
      case "float":
        return "float64";
      case "integer":
        return this.#hasMissing ? "float64" : this.#needsBigInt ? "bigint" : "int64";
      case "unsigned":
        return this.#hasMissing || this.#hasMinus ? "text" : "uint64";
      case "boolean":
        return this.#hasMissing ? "bool-gaps" : "bool";
      case "text":
        return "text";
    }
  }

  /** The track after a cell that the loop did not settle. */
  #next(track: Track, bytes: Uint8Array, start: number, end: number): Track {
    if (track === "nothing" || track === "integer" || track === "unsigned") {
      // On its unsigned try pandas takes whatever begins with a minus for a negative number.
      if (track === "unsigned" && beginsWithMinus(bytes, start, end)) {
        this.#hasMinus = true;
        return isDecimal(bytes, start, end) ? "unsigned" : "text";
      }
      const value = parseLongInteger(bytes, start, end);
      if (value !== undefined)
        return this.#afterInteger(track, value, integerRange(value), bytes, start, end);
    }
    if (track !== "boolean" && isDecimal(bytes, start, end)) return "float";
    return track === "nothing" && parseBoolean(bytes, start, end) >= 0 ? "boolean" : "text";
  }

  #afterInteger(
    track: Track,
    value: bigint,
    range: IntegerRange,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Track {
    this.#hasMinus ||= beginsWithMinus(bytes, start, end);
    this.#needsBigInt ||= value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER;
    if (range === "int64") return track === "unsigned" ? "unsigned" : "integer";
    return range === "uint64" || value < 0n ? "unsigned" : "text";
  }
}

function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  const value = parseDecimal(bytes, start, end, false);
  return value === value;
}
