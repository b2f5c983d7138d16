import type { Column } from "../table.ts";
import type { CsvBlock } from "./block.ts";
import { isMissing, parseBoolean } from "./cell-text.ts";
import type { ColumnBuilder } from "./column-builder.ts";
import { changedWhileRead } from "./faults.ts";
import { parseDecimal, parseLongInteger, parseShortInteger } from "./parse-number.ts";

/** int64 whose values are all safe integers. */
export class IntegerBuilder implements ColumnBuilder {
  readonly #values: Float64Array;
  readonly #file: string;
  #length = 0;

  constructor(rows: number, file: string) {
    this.#values = new Float64Array(rows);
    this.#file = file;
  }

  add({ bytes, starts, ends, rows, width }: CsvBlock, column: number): void {
    const values = this.#values;
    let length = this.#length;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      let value = start === end ? Number.NaN : parseShortInteger(bytes, start, end);
      if (value !== value) value = this.#long(bytes, start, end);
      // Adding 0 makes -0 a 0: integers have only one.
      values[length++] = value + 0;
    }
    this.#length = length;
  }

  #long(bytes: Uint8Array, start: number, end: number): number {
    const value = Number(parseLongInteger(bytes, start, end));
    if (Number.isSafeInteger(value)) return value;
    throw changedWhileRead(this.#file);
  }

  finish(name: string | number): Column {
    const values = this.#values;
    return { kind: "number", dtype: "int64", name, length: this.#length, values, valid: undefined };
  }
}

/** int64 beyond 53 bits, and uint64. */
export class BigIntBuilder implements ColumnBuilder {
  readonly #dtype: "int64" | "uint64";
  readonly #values: BigInt64Array | BigUint64Array;
  readonly #file: string;
  #length = 0;

  constructor(dtype: "int64" | "uint64", rows: number, file: string) {
    this.#dtype = dtype;
    this.#values = dtype === "int64" ? new BigInt64Array(rows) : new BigUint64Array(rows);
    this.#file = file;
  }

  add({ bytes, starts, ends, rows, width }: CsvBlock, column: number): void {
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const value = parseLongInteger(bytes, starts[at] as number, ends[at] as number);
      if (value === undefined) throw changedWhileRead(this.#file);
      this.#values[this.#length++] = value;
    }
  }

  finish(name: string | number): Column {
    const values = this.#values;
    return { kind: "bigint", dtype: this.#dtype, name, length: this.#length, values, valid: undefined };
  }
}

/** float64, NaN where a value is missing. */
export class FloatBuilder implements ColumnBuilder {
  readonly #values: Float64Array;
  readonly #file: string;
  #length = 0;

  constructor(rows: number, file: string) {
    this.#values = new Float64Array(rows);
    this.#file = file;
  }

  add({ bytes, starts, ends, rows, width }: CsvBlock, column: number): void {
    const values = this.#values;
    let length = this.#length;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      const value = start === end ? Number.NaN : parseDecimal(bytes, start, end, true);
      if (value !== value && !isMissing(bytes, start, end)) throw changedWhileRead(this.#file);
      values[length++] = value;
    }
    this.#length = length;
  }

  finish(name: string | number): Column {
    const values = this.#values;
    return { kind: "number", dtype: "float64", name, length: this.#length, values, valid: undefined };
  }
}

/** bool without gaps. */
export class BoolBuilder implements ColumnBuilder {
  readonly #values: Uint8Array;
  readonly #file: string;
  #length = 0;

  constructor(rows: number, file: string) {
    this.#values = new Uint8Array(rows);
    this.#file = file;
  }

  add({ bytes, starts, ends, rows, width }: CsvBlock, column: number): void {
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const value = parseBoolean(bytes, starts[at] as number, ends[at] as number);
      if (value < 0) throw changedWhileRead(this.#file);
      this.#values[this.#length++] = value;
    }
  }

  finish(name: string | number): Column {
    const values = this.#values;
    return { kind: "bool", dtype: "bool", name, length: this.#length, values, valid: undefined };
  }
}

/** Booleans with gaps, which pandas keeps as objects. */
export class BoolGapsBuilder implements ColumnBuilder {
  readonly #values: (boolean | null)[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add({ bytes, starts, ends, rows, width }: CsvBlock, column: number): void {
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      const value = parseBoolean(bytes, start, end);
      if (value < 0 && !isMissing(bytes, start, end)) throw changedWhileRead(this.#file);
      this.#values.push(value < 0 ? null : value === 1);
    }
  }

  finish(name: string | number): Column {
    const values = this.#values;
    return { kind: "mixed", dtype: "object", name, length: values.length, values };
  }
}
