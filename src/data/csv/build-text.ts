import { HearthError } from "../../errors.ts";
import type { Column } from "../table.ts";
import type { CsvBlock } from "./block.ts";
import { isMissing } from "./cell-text.ts";
import type { ColumnBuilder } from "./column-builder.ts";

/** Offsets are 32 bits wide. */
const MAX_BYTES = 0xffff_ffff;
/** Up to this length a loop copies quicker than `set` on a subarray. */
const SHORT_CELL = 40;
const NO_BYTES = new Uint8Array(0);

/** Texts, copied from the file's bytes as they are: a part for each block, put together at the end. */
export class TextBuilder implements ColumnBuilder {
  readonly #parts: Uint8Array[] = [];
  readonly #offsets: Uint32Array;
  #valid: Uint8Array | undefined;
  #length = 0;

  constructor(rows: number) {
    this.#offsets = new Uint32Array(rows + 1);
  }

  /** Throws `data-too-large` beyond 4 GiB. */
  add(block: CsvBlock, column: number): void {
    const { bytes: from, starts, ends, rows, width } = block;
    const offsets = this.#offsets;
    let length = this.#length;
    const base = offsets[length] as number;
    const part = this.#room(base, block, column);
    let to = 0;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      const start = starts[at] as number;
      const end = ends[at] as number;
      if (isMissing(from, start, end)) this.#markMissing(length);
      else if (end - start <= SHORT_CELL) {
        for (let i = start; i < end; i += 1) part[to++] = from[i] as number;
      } else {
        part.set(from.subarray(start, end), to);
        to += end - start;
      }
      offsets[++length] = base + to;
    }
    this.#length = length;
    if (to > 0) this.#parts.push(trimmed(part, to));
  }

  #markMissing(row: number): void {
    this.#valid ??= new Uint8Array(this.#offsets.length - 1).fill(1);
    this.#valid[row] = 0;
  }

  /** Room for the column's cells in this block; a little more than needed when some are words for missing values. */
  #room(base: number, { starts, ends, rows, width }: CsvBlock, column: number): Uint8Array {
    let bytes = 0;
    for (let row = 0, at = column; row < rows; row += 1, at += width) {
      bytes += (ends[at] as number) - (starts[at] as number);
    }
    if (base + bytes > MAX_BYTES) {
      throw new HearthError("data-too-large", "A text column holds more than 4 GiB", {
        hint: "Read it in parts.",
      });
    }
    return bytes === 0 ? NO_BYTES : new Uint8Array(bytes);
  }

  finish(name: string | number): Column {
    const bytes = joined(this.#parts, this.#offsets[this.#length] as number);
    const column = { kind: "text", dtype: "object", name, length: this.#length } as const;
    return { ...column, bytes, offsets: this.#offsets, valid: this.#valid };
  }
}

/** A view keeps the whole buffer alive, so it is only taken when little is wasted. */
function trimmed(part: Uint8Array, used: number): Uint8Array {
  if (used === part.length) return part;
  return used * 8 >= part.length * 7 ? part.subarray(0, used) : part.slice(0, used);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = length === 0 ? NO_BYTES : new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
