import type { CellStore } from "./block.ts";
import { MAX_COLUMNS } from "../cell-limit.ts";
import { type QuotedField, scanQuotedField } from "./quoted-field.ts";

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Where a scan stands; `scanRecords` moves it on. */
export interface ScanState {
  /** What to scan. `bytes[end]` is a line feed behind the text, so that the inner loops need no bounds. */
  bytes: Uint8Array;
  /** Where the next record begins. */
  position: number;
  end: number;
  /** Nothing follows `end`. */
  isLast: boolean;
  /** The line at `position`, counted from 1. */
  line: number;
}

/** The two special characters as bytes, and how long a record is. */
export interface ScanRules {
  readonly delimiter: number;
  readonly quote: number;
  /** Cells that every record is filled up to; undefined: stop after one record, of any length. */
  readonly width: number | undefined;
}

/** What stopped a scan that could not go on; undefined: it ran out of whole records, or had to stop after one. */
export type ScanFault =
  | { readonly kind: "too-long"; readonly line: number; readonly found: number }
  | { readonly kind: "open-quote"; readonly line: number }
  | { readonly kind: "too-wide"; readonly found: number };

/**
 * Scans whole records by the rules of pandas' C parser (pandas 2.3, `tokenizer.c`): a quote counts only at the beginning
 * of a field, what follows a closing quote is added as it is, blank lines and lines of blanks are passed over, LF, CR
 * and CRLF end a record. A record whose end is not there yet stays for the next call.
 *
 * One long loop over local variables, as this is where the time goes.
 */
export function scanRecords(state: ScanState, rules: ScanRules, store: CellStore): ScanFault | undefined {
  const { bytes, end, isLast } = state;
  const { delimiter, quote } = rules;
  const width = rules.width ?? 0xffff_ffff;
  const field: QuotedField = { next: 0, lineEnds: 0, isPlain: true, isClosed: false };
  let { position, line } = state;
  let fault: ScanFault | undefined;

  scan: while (position < end) {
    let at = position;
    let byte = bytes[at] as number;
    if (byte <= SPACE && byte !== delimiter) {
      while ((byte === SPACE || byte === TAB) && byte !== delimiter) byte = bytes[++at] as number;
      if (at >= end) {
        if (isLast) position = end;
        break;
      }
      if (byte === LF || byte === CR) {
        at = lineEndAfter(state, at);
        if (at < 0) break;
        position = at;
        line += 1;
        continue;
      }
      at = position;
      byte = bytes[at] as number;
    }

    const firstCell = store.cells;
    const firstQuoted = store.quoted.length;
    let cell = firstCell;
    let found = 0;
    let nextLine = line;
    for (;;) {
      if (cell >= store.starts.length) {
        if (rules.width === undefined && found > MAX_COLUMNS) {
          fault = { kind: "too-wide", found };
          break scan;
        }
        store.growCells();
      }
      let start = at;
      let stop: number;
      if (byte === quote) {
        scanQuotedField(bytes, at, end, isLast, quote, delimiter, field);
        if (!field.isClosed) {
          if (isLast) fault = { kind: "open-quote", line: nextLine };
          store.quoted.length = firstQuoted;
          break scan;
        }
        nextLine += field.lineEnds;
        at = field.next;
        stop = at;
        if (field.isPlain) {
          start += 1;
          stop -= 1;
        } else if (found < width) store.quoted.push(cell);
        byte = bytes[at] as number;
      } else {
        while (byte !== delimiter && byte !== LF && byte !== CR) byte = bytes[++at] as number;
        stop = at;
      }
      found += 1;
      if (found <= width) {
        store.starts[cell] = start;
        store.ends[cell] = stop;
        cell += 1;
      }
      if (byte !== delimiter || at >= end) break;
      byte = bytes[++at] as number;
    }

    const next = at >= end ? (isLast ? end : -1) : lineEndAfter(state, at);
    if (next < 0) {
      store.quoted.length = firstQuoted;
      break;
    }
    if (found > width) {
      fault = { kind: "too-long", line, found };
      break;
    }
    if (rules.width !== undefined) {
      for (; found < width; found += 1) {
        if (cell >= store.starts.length) store.growCells();
        store.starts[cell] = 0;
        store.ends[cell] = 0;
        cell += 1;
      }
    }
    if (store.rows >= store.lines.length) store.growRows();
    store.lines[store.rows] = line;
    store.rows += 1;
    store.cells = cell;
    position = next;
    line = nextLine + 1;
    if (rules.width === undefined) break;
  }

  state.position = position;
  state.line = line;
  return fault;
}

/** Where the next line begins, given the line end at `at`; -1 when a CR is the last byte so far: a LF may follow. */
function lineEndAfter(state: ScanState, at: number): number {
  if (state.bytes[at] === LF) return at + 1;
  if (at + 1 >= state.end) return state.isLast ? state.end : -1;
  return state.bytes[at + 1] === LF ? at + 2 : at + 1;
}
