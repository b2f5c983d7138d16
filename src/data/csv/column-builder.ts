import type { Column } from "../table.ts";
import type { CsvBlock } from "./block.ts";

/** Makes a column of the cells of some blocks, in their order. */
export interface ColumnBuilder {
  add(block: CsvBlock, column: number): void;
  finish(name: string | number): Column;
}

/** Where a cell is, for messages. */
export interface BuildPlace {
  readonly file: string;
  readonly name: string | number;
}
