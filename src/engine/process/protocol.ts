import type { ColumnSchema } from "../../data/table.ts";
import type { DatabaseFile } from "../database.ts";
import type { LoadedTable } from "../load.ts";
import type { Wanted } from "../retype.ts";
import type { SqlText } from "../session.ts";

/** What the server asks of the engine's process, by name. Streams are numbers of a `Channel`. */
export interface OpenQuestion {
  readonly session: number;
  readonly tables: readonly SentTable[];
  readonly memoryLimitBytes: number;
  readonly timeLimitSeconds: number;
}

/** A table of a query: a stream of rows, which the engine reads unless it has them from before, or a Parquet file,
 * which has the same key as long as it is the same file. */
export type SentTable =
  | {
      readonly name: string;
      readonly schema: readonly ColumnSchema[];
      readonly stream: number;
      /** The same number for the same rows, with their size in bytes; without it they come once and are not kept. */
      readonly kept?: { readonly key: number; readonly bytes: number };
    }
  | {
      readonly name: string;
      readonly parquet: DatabaseFile;
      readonly shownPath: string;
      readonly key: number;
    };

export interface OpenAnswer {
  readonly tables: readonly LoadedTable[];
}

export interface TextQuestion {
  readonly session: number;
  readonly label: string;
  readonly text: string;
}

export interface SqlQuestion {
  readonly session: number;
  readonly sql: SqlText;
  readonly wanted?: readonly Wanted[] | undefined;
}

/** A result: its first piece comes with the answer; `stream` has the rest, where there is one. */
export interface ResultAnswer {
  readonly schema: readonly ColumnSchema[];
  /** True when the result is in memory there, and its dtypes are exact. */
  readonly isWhole: boolean;
  readonly stream?: number;
}

/** Disk space for a database; `spillFreed` with its number gives it back. */
export interface ShareAnswer {
  readonly share: number;
  readonly bytes: number;
}

/** What the engine's process says before its end: which session's query is stuck. */
export interface EndingQuestion {
  readonly session: number | undefined;
  /** True: its caller left; false: its time is up. */
  readonly hasLeft: boolean;
}
