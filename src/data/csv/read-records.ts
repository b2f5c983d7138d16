import { isUtf8 } from "node:buffer";
import type { ByteInput } from "../bytes.ts";
import { firstInvalidByte } from "../utf8.ts";
import { CellStore, type CsvBlock } from "./block.ts";
import { cellText } from "./cell-text.ts";
import { notUtf8, openQuote, recordTooLarge, tooManyCells, tooManyColumns } from "./faults.ts";
import type { CsvDialect } from "./options.ts";
import { removeQuotes } from "./quoted-field.ts";
import { type ScanFault, scanRecords, type ScanRules, type ScanState } from "./scan-records.ts";

const LF = 0x0a;
/** A record is looked at in one go, which must not hold up everybody else: longer ones are a quote that is not closed. */
const MAX_RECORD_BYTES = 16 * 2 ** 20;
/** Enough to see a byte order mark and what kind of file it is. */
const HEAD_BYTES = 8;

/** Reads a file's records: bytes come in chunks, blocks of whole records go out. Reads on only when asked. */
export class RecordReader {
  readonly #input: ByteInput;
  readonly #rules: Omit<ScanRules, "width">;
  readonly #limitBytes: number;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #state: ScanState = { bytes: Uint8Array.of(LF), position: 0, end: 0, isLast: false, line: 1 };
  #head: Uint8Array = new Uint8Array(0);
  /** Place of `bytes[0]` in the whole input. */
  #offset = 0;
  /** Bytes before the end that may be the beginning of a character. */
  #unchecked = 0;
  #cellsPerByte = 0.25;

  /** @param limitBytes a single record may not be larger */
  constructor(input: ByteInput, dialect: CsvDialect, limitBytes: number) {
    this.#input = input;
    this.#limitBytes = Math.min(limitBytes, MAX_RECORD_BYTES);
    this.#rules = { delimiter: dialect.delimiter.charCodeAt(0), quote: dialect.quotechar.charCodeAt(0) };
  }

  /**
   * The next record whatever its length, or undefined at the end. Throws `encoding-invalid`, `data-invalid` (a quote
   * never closed) and `data-too-large`, as the other methods do.
   */
  async readRecord(): Promise<readonly string[] | undefined> {
    const block = await this.#scan(undefined);
    if (block === undefined) return undefined;
    const { bytes, starts, ends, width } = block;
    return Array.from({ length: width }, (_, at) =>
      cellText(bytes, starts[at] as number, ends[at] as number),
    );
  }

  /** Counts the cells of the next record without taking it; 0 at the end. */
  async countNextCells(): Promise<number> {
    const block = await this.#scan(undefined, true);
    return block?.width ?? 0;
  }

  /** Some next records, filled up to `width` cells, or undefined at the end. Longer ones throw `data-invalid`. */
  readBlock(width: number): Promise<CsvBlock | undefined> {
    return this.#scan(width);
  }

  /** Frees what is behind the input. */
  async close(): Promise<void> {
    await this.#chunks?.return?.();
  }

  async #scan(width: number | undefined, isPeek = false): Promise<CsvBlock | undefined> {
    const state = this.#state;
    for (;;) {
      const { position, line } = state;
      const bytes = state.end - position;
      const cells = width === undefined ? 16 : Math.ceil(bytes * this.#cellsPerByte) + 16;
      const store = new CellStore(cells, width === undefined ? 1 : Math.ceil(cells / width));
      const fault = scanRecords(state, { ...this.#rules, width }, store);
      if (fault !== undefined) throw this.#fault(fault, width ?? 0);
      if (store.rows > 0) {
        if (isPeek) {
          state.position = position;
          state.line = line;
        } else this.#cellsPerByte = (store.cells / bytes) * 1.1;
        return this.#block(store, width ?? store.cells, isPeek);
      }
      if (state.isLast) return undefined;
      await this.#fill();
    }
  }

  #block(store: CellStore, width: number, isPeek: boolean): CsvBlock {
    const { starts, ends, lines, rows } = store;
    const block = { bytes: this.#state.bytes, starts, ends, lines, rows, width };
    if (!isPeek) removeQuotes(block, store.quoted, this.#rules.quote);
    return block;
  }

  /** Moves the record that is not whole to the front of a new buffer and adds what comes next. */
  async #fill(): Promise<void> {
    const state = this.#state;
    const isFirst = this.#chunks === undefined;
    this.#chunks ??= this.#input.open()[Symbol.asyncIterator]();
    const carried = state.bytes.subarray(state.position, state.end);
    if (carried.length > this.#limitBytes) {
      throw recordTooLarge(this.#input.shownName, state.line, this.#limitBytes);
    }
    // At least as much again as is there already: else a long record would be scanned anew for each chunk.
    const added = await this.#take(this.#chunks, Math.max(carried.length, HEAD_BYTES));
    const end = carried.length + added.length;
    const bytes = new Uint8Array(end + 1);
    bytes.set(carried);
    let at = carried.length;
    for (const chunk of added.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    bytes[end] = LF;
    this.#offset += state.position;
    Object.assign(state, { bytes, position: 0, end });
    if (isFirst) this.#begin();
    this.#check(carried.length - this.#unchecked);
  }

  async #take(
    chunks: AsyncIterator<Uint8Array>,
    wanted: number,
  ): Promise<{ readonly chunks: readonly Uint8Array[]; readonly length: number }> {
    const taken: Uint8Array[] = [];
    let length = 0;
    while (length < wanted) {
      const next = await chunks.next();
      if (next.done === true) {
        this.#state.isLast = true;
        break;
      }
      taken.push(next.value);
      length += next.value.length;
    }
    return { chunks: taken, length };
  }

  /** Passes over a byte order mark. */
  #begin(): void {
    const { bytes, end } = this.#state;
    this.#head = bytes.slice(0, Math.min(end, HEAD_BYTES));
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#state.position = 3;
  }

  /** Checks the new bytes, up to a character that may be cut by the end of the chunk. */
  #check(from: number): void {
    const { bytes, position, end, isLast, line } = this.#state;
    this.#unchecked = isLast ? 0 : cutCharacterBytes(bytes, end);
    const part = bytes.subarray(from, end - this.#unchecked);
    if (isUtf8(part)) return;
    const at = from + firstInvalidByte(part);
    let badLine = line;
    for (let i = position; i < at; i += 1) if (bytes[i] === LF) badLine += 1;
    const found = { byte: bytes[at] as number, position: this.#offset + at, line: badLine };
    throw notUtf8(this.#input.shownName, found, this.#head);
  }

  #fault(fault: ScanFault, width: number): Error {
    const file = this.#input.shownName;
    if (fault.kind === "too-wide") return tooManyColumns(file, fault.found);
    if (fault.kind === "too-long") return tooManyCells(file, fault.line, width, fault.found);
    return openQuote(file, fault.line, String.fromCharCode(this.#rules.quote));
  }
}

/** Bytes at the end that begin a character whose rest is not there yet: 0 to 3. */
function cutCharacterBytes(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back += 1) {
    const byte = bytes[end - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
