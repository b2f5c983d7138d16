import type { ByteWriter } from "../byte-writer.ts";
import { formatPythonFloat, isPlainPythonFloat } from "../python-number.ts";
import { pythonStr } from "../python-text.ts";
import { type Cell, type Column, type NumberColumn, type TextColumn, WholeFloat } from "../table.ts";
import { datetimeTexts } from "./datetime-text.ts";
import type { CsvDialect } from "./options.ts";

/** Adds the cell of a row; nothing for a missing one. */
export type CellEncoder = (row: number) => void;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Adds cells to a buffer as Python's csv module writes them with `QUOTE_MINIMAL`: quoted when the delimiter, a quote or a
 * line end stands in them, quotes inside doubled. A carriage return is quoted too, as in Python 3.13: earlier versions
 * leave it bare and cannot read it back.
 */
export class CsvCellWriter {
  readonly out: ByteWriter;
  readonly delimiter: number;
  readonly #quote: number;
  /** 1 for bytes that make quotes necessary. */
  readonly #special = new Uint8Array(256);
  /** Delimiter or quote may stand in numbers and in True and False. */
  readonly #isInWords: boolean;

  constructor(dialect: CsvDialect, out: ByteWriter) {
    this.out = out;
    this.delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quotechar.charCodeAt(0);
    for (const byte of [LF, CR, this.delimiter, this.#quote]) this.#special[byte] = 1;
    this.#isInWords = /[\dA-Za-z.+-]/.test(dialect.delimiter + dialect.quotechar);
  }

  /** Adds a text. */
  text(value: string): void {
    const from = this.out.length;
    this.out.text(value);
    this.#quoteFrom(from);
  }

  /** Adds a pair of quotes: what stands for a missing value where nothing at all would be a blank line. */
  emptyQuotes(): void {
    this.out.byte(this.#quote);
    this.out.byte(this.#quote);
  }

  /** Chooses how the cells of a column are written. */
  encoder(column: Column): CellEncoder {
    const encode = this.#plainEncoder(column);
    if (!this.#isInWords || column.kind === "text" || column.kind === "mixed") return encode;
    return (row) => {
      const from = this.out.length;
      encode(row);
      this.#quoteFrom(from);
    };
  }

  #plainEncoder(column: Column): CellEncoder {
    switch (column.kind) {
      case "number":
        return this.#numberEncoder(column);
      case "bigint":
        return withGaps(column.valid, (row) => this.out.text(String(column.values[row])));
      case "bool":
        return withGaps(column.valid, (row) => this.out.text(column.values[row] === 1 ? "True" : "False"));
      case "text":
        return this.#textEncoder(column.dtype === "datetime64[ns]" ? datetimeTexts(column) : column);
      case "mixed":
        return (row) => this.#mixed(column.values[row] as Cell);
    }
  }

  #numberEncoder({ dtype, values, valid }: NumberColumn): CellEncoder {
    const isFloat = dtype === "float64" || dtype === "Float64";
    if (!isFloat) return withGaps(valid, (row) => this.out.integer(values[row] as number));
    return withGaps(valid, (row) => {
      const value = values[row] as number;
      if (isPlainPythonFloat(value)) this.out.float(value);
      else if (value === value) this.out.text(formatPythonFloat(value));
    });
  }

  #textEncoder({ bytes, offsets, valid }: TextColumn): CellEncoder {
    const special = this.#special;
    return withGaps(valid, (row) => {
      const from = offsets[row] as number;
      const to = offsets[row + 1] as number;
      let at = from;
      while (at < to && special[bytes[at] as number] === 0) at += 1;
      if (at === to) this.out.append(bytes, from, to);
      else this.#quoted(bytes, from, to);
    });
  }

  #mixed(value: Cell): void {
    const isMissing = value === null || (typeof value === "number" && Number.isNaN(value));
    const isMissingFloat = value instanceof WholeFloat && Number.isNaN(value.value);
    if (!isMissing && !isMissingFloat) this.text(pythonStr(value));
  }

  /** Puts quotes around what was added since `from`, where they are needed. */
  #quoteFrom(from: number): void {
    const { out } = this;
    let at = from;
    while (at < out.length && this.#special[out.bytes[at] as number] === 0) at += 1;
    if (at === out.length) return;
    const written = out.bytes.slice(from, out.length);
    out.length = from;
    this.#quoted(written, 0, written.length);
  }

  #quoted(bytes: Uint8Array, from: number, to: number): void {
    const { out } = this;
    out.reserve((to - from) * 2 + 2);
    const quote = this.#quote;
    const target = out.bytes;
    let at = out.length;
    target[at++] = quote;
    for (let i = from; i < to; i += 1) {
      const byte = bytes[i] as number;
      if (byte === quote) target[at++] = quote;
      target[at++] = byte;
    }
    target[at++] = quote;
    out.length = at;
  }
}

function withGaps(valid: Uint8Array | undefined, encode: CellEncoder): CellEncoder {
  if (valid === undefined) return encode;
  return (row) => {
    if (valid[row] !== 0) encode(row);
  };
}
