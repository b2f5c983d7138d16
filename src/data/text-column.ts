import { HearthError } from "../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { TextColumn } from "./table.ts";

/** Offsets are 32 bits wide. */
const MAX_BYTES = 0xffff_ffff;

/** Builds a column of texts, one cell after the other. */
export class TextColumnBuilder {
  readonly #out: ByteWriter;
  readonly #offsets: Uint32Array;
  #valid: Uint8Array | undefined;
  #length = 0;

  /** @param rows how many cells there will be */
  constructor(rows: number, bytesPerCell = 12) {
    this.#out = new ByteWriter(Math.min(rows * bytesPerCell, 1 << 24));
    this.#offsets = new Uint32Array(rows + 1);
  }

  /** Adds a text, or a missing value. Throws `data-too-large` beyond 4 GiB. */
  add(value: string | null): void {
    if (value === null) {
      this.#valid ??= new Uint8Array(this.#offsets.length - 1).fill(1);
      this.#valid[this.#length] = 0;
    } else this.#out.text(value);
    this.#end();
  }

  /** Adds a text given as UTF-8. */
  addBytes(bytes: Uint8Array, from: number, to: number): void {
    this.#out.append(bytes, from, to);
    this.#end();
  }

  #end(): void {
    this.#length += 1;
    if (this.#out.length > MAX_BYTES) {
      throw new HearthError("data-too-large", "A text column holds more than 4 GiB");
    }
    this.#offsets[this.#length] = this.#out.length;
  }

  /** The column; the builder must not be used afterwards. */
  build(name: string | number): TextColumn {
    const bytes = this.#out.take();
    const column = { kind: "text", dtype: "object", name, length: this.#length } as const;
    return { ...column, bytes, offsets: this.#offsets, valid: this.#valid };
  }
}

/** A column of missing values only, dtype object: what `add_columns` adds. */
export function missingColumn(name: string | number, rows: number): TextColumn {
  const column = { kind: "text", dtype: "object", name, length: rows } as const;
  return {
    ...column,
    bytes: new Uint8Array(0),
    offsets: new Uint32Array(rows + 1),
    valid: new Uint8Array(rows),
  };
}
