import type { CsvBlock } from "./block.ts";

const LF = 0x0a;
const CR = 0x0d;

/** What was found of a field that begins with a quote. */
export interface QuotedField {
  /** First byte behind the field: a delimiter, the end of the line or of the input. */
  next: number;
  /** Line ends inside the field. */
  lineEnds: number;
  /** Nothing to remove but the quotes around it. */
  isPlain: boolean;
  /** False when the input ended first. */
  isClosed: boolean;
}

/** Finds the end of the field whose opening quote is at `from`; `bytes[end]` is a line feed. */
export function scanQuotedField(
  bytes: Uint8Array,
  from: number,
  end: number,
  isLast: boolean,
  quote: number,
  delimiter: number,
  found: QuotedField,
): void {
  let at = from + 1;
  let lineEnds = 0;
  found.isPlain = true;
  found.isClosed = false;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) lineEnds += 1;
    if (byte !== quote) continue;
    if (at + 1 < end ? bytes[at + 1] !== quote : isLast) {
      found.isClosed = true;
      break;
    }
    // Two quotes stand for one; at the end of the input it cannot be told yet.
    found.isPlain = false;
    at += 1;
  }
  found.lineEnds = lineEnds;
  const closing = at;
  let byte = bytes[++at] as number;
  if (!found.isClosed) return;
  while (byte !== delimiter && byte !== LF && byte !== CR) byte = bytes[++at] as number;
  if (at > closing + 1) found.isPlain = false;
  found.next = at;
}

/** Removes the quotes of those cells that have some inside: in place, as each text only gets shorter. */
export function removeQuotes(block: CsvBlock, quotedCells: readonly number[], quote: number): void {
  const { bytes, starts, ends } = block;
  for (const cell of quotedCells) {
    const start = starts[cell] as number;
    const end = ends[cell] as number;
    let to = start;
    let at = start + 1;
    for (; at < end; at += 1) {
      if (bytes[at] === quote) {
        if (at + 1 >= end || bytes[at + 1] !== quote) break;
        at += 1;
      }
      bytes[to++] = bytes[at] as number;
    }
    // Behind the closing quote everything counts as written, further quotes too.
    for (at += 1; at < end; at += 1) bytes[to++] = bytes[at] as number;
    ends[cell] = to;
  }
}
