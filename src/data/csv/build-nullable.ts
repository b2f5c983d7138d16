import type { Column } from "../table.ts";
import type { CsvBlock } from "./block.ts";
import { cellText, isMissing } from "./cell-text.ts";
import type { BuildPlace, ColumnBuilder } from "./column-builder.ts";
import { cellMisfit } from "./faults.ts";
import { parseDecimal } from "./parse-number.ts";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** What pandas' `BooleanArray._from_sequence_of_strings` takes. */
const TRUE_WORDS: readonly string[] = ["True", "TRUE", "true", "1", "1.0"];
const FALSE_WORDS: readonly string[] = ["False", "FALSE", "false", "0", "0.0"];

/** Throws `data-invalid`, naming line and column. */
function refuse(place: BuildPlace, block: CsvBlock, row: number, cell: string, expected: string): never {
  const line = block.lines[row] as number;
  throw cellMisfit({ file: place.file, line, column: place.name }, cell, expected);
}

/** Int32 and Float64: numbers with a mark for missing ones. */
export class NullableNumberBuilder implements ColumnBuilder {
  readonly #dtype: "Int32" | "Float64";
  readonly #values: Float64Array;
  readonly #valid: Uint8Array;
  readonly #place: BuildPlace;
  #missing = 0;
  #length = 0;

  constructor(dtype: "Int32" | "Float64", rows: number, place: BuildPlace) {
    this.#dtype = dtype;
    this.#values = new Float64Array(rows);
    this.#valid = new Uint8Array(rows).fill(1);
    this.#place = place;
  }

  add(block: CsvBlock, column: number): void {
    const { bytes, starts, ends, rows, width } = block;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      if (isMissing(bytes, start, end)) {
        this.#valid[this.#length] = 0;
        this.#missing += 1;
      } else this.#values[this.#length] = this.#parse(block, row, start, end);
      this.#length += 1;
    }
  }

  #parse(block: CsvBlock, row: number, start: number, end: number): number {
    const value = parseDecimal(block.bytes, start, end, true);
    const text = () => cellText(block.bytes, start, end);
    if (this.#dtype === "Float64") {
      if (value !== value) refuse(this.#place, block, row, text(), "a number (float_type)");
      return value;
    }
    if (!Number.isInteger(value)) refuse(this.#place, block, row, text(), "a whole number (int_type)");
    const isInside = value >= INT32_MIN && value <= INT32_MAX;
    if (!isInside)
      refuse(this.#place, block, row, text(), `a whole number from ${INT32_MIN} to ${INT32_MAX} (int_type)`);
    return value + 0;
  }

  finish(name: string | number): Column {
    const values = this.#values;
    const valid = this.#missing > 0 ? this.#valid : undefined;
    return { kind: "number", dtype: this.#dtype, name, length: this.#length, values, valid };
  }
}

/** boolean: with a mark for missing ones. */
export class BooleanBuilder implements ColumnBuilder {
  readonly #values: Uint8Array;
  readonly #valid: Uint8Array;
  readonly #place: BuildPlace;
  #missing = 0;
  #length = 0;

  constructor(rows: number, place: BuildPlace) {
    this.#values = new Uint8Array(rows);
    this.#valid = new Uint8Array(rows).fill(1);
    this.#place = place;
  }

  add(block: CsvBlock, column: number): void {
    const { bytes, starts, ends, rows, width } = block;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      if (isMissing(bytes, start, end)) {
        this.#valid[this.#length] = 0;
        this.#missing += 1;
      } else {
        const text = cellText(bytes, start, end);
        const isTrue = TRUE_WORDS.includes(text);
        if (!isTrue && !FALSE_WORDS.includes(text)) {
          refuse(this.#place, block, row, text, "true or false (bool_type)");
        }
        this.#values[this.#length] = isTrue ? 1 : 0;
      }
      this.#length += 1;
    }
  }

  finish(name: string | number): Column {
    const valid = this.#missing > 0 ? this.#valid : undefined;
    return { kind: "bool", dtype: "boolean", name, length: this.#length, values: this.#values, valid };
  }
}
