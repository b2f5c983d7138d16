import type { SpillBudget } from "../spill-budget.ts";
import type { CellObject } from "./json-keys.ts";
import type { Cell, TableStream } from "./table.ts";

/** One output format, for files and for HTTP answers alike. A new one is one file in `src/data/writers/`. */
export interface Writer {
  /** The `type` of an output and the name behind `?format=` and `--format`. */
  readonly type: string;
  readonly extensions: readonly string[];
  /** Content type of an answer in this format; also what `Accept` asks for it by. */
  readonly mediaType: string;
  readonly parameters: readonly string[];
  /** Checks the parameters and gives them with defaults filled in; throws `request-invalid`. */
  options(output: Readonly<Record<string, unknown>>): Readonly<Record<string, Cell>>;
  /** Encodes as it reads; holds no more than some batches in memory. */
  encode(
    table: TableStream,
    options: Readonly<Record<string, Cell>>,
    context: WriteContext,
  ): AsyncIterable<Uint8Array>;
}

export interface WriteContext {
  readonly signal: AbortSignal;
  /** A folder of mode 0700 for what must be spilled; made when first needed. */
  readonly spillFolder: () => Promise<string>;
  /** The disk space for it. */
  readonly spillBudget: SpillBudget;
}

/** An output of one file a row, which says itself where it lies. A new one is an entry of `src/data/writers/folder.ts`. */
export interface FolderWriter {
  readonly type: string;
  /** What is put behind the name of the row's file. */
  readonly suffix: string;
  /** The text of a row: without missing values, and without the columns that say where it lies. */
  encode(record: CellObject): string;
}
