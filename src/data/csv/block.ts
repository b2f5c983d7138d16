/**
 * Some whole records of a file as places in its bytes. The cell in `column` of `row` is
 * `bytes[starts[i] .. ends[i])` with `i = row * width + column`, quotes removed.
 */
export interface CsvBlock {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** The line that each record begins at, counted from 1. */
  readonly lines: Uint32Array;
  readonly rows: number;
  /** Cells of every record, row labels included. */
  readonly width: number;
}

/** Collects the cells of records while they are scanned. */
export class CellStore {
  starts: Uint32Array;
  ends: Uint32Array;
  lines: Uint32Array;
  cells = 0;
  rows = 0;
  /** Cells with quotes inside, which are still to be removed. */
  readonly quoted: number[] = [];

  constructor(cells: number, rows: number) {
    this.starts = new Uint32Array(cells);
    this.ends = new Uint32Array(cells);
    this.lines = new Uint32Array(rows);
  }

  /** Makes room for twice the cells. */
  growCells(): void {
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
  }

  /** Makes room for twice the records. */
  growRows(): void {
    this.lines = doubled(this.lines);
  }
}

function doubled(array: Uint32Array): Uint32Array {
  const grown = new Uint32Array(Math.max(16, array.length * 2));
  grown.set(array);
  return grown;
}
