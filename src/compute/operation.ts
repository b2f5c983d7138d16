import type { HeldParquet } from "../data/held-parquet.ts";
import type { DataSource } from "../data/source.ts";
import type { Table, TableStream } from "../data/table.ts";
import type { EngineTable } from "../engine/engine.ts";
import type { Session } from "../engine/session.ts";

/**
 * What reading a source gives: a file that the engine reads itself; the cached table where there is one (then it is
 * kept warm); else a stream.
 */
export type ReadResult =
  | { readonly parquet: HeldParquet }
  | { readonly table?: Table | undefined; stream(): TableStream | Promise<TableStream> };

/** What an operation may use. */
export interface OperationInput {
  /** All tables of the request. */
  readonly tables: readonly EngineTable[];
  /** The one that is worked on: `data`, else the only one (beside `but`). Throws `request-invalid` without it. */
  main(but?: string): EngineTable;
  /** Opens the engine with these tables, by default all of the request. */
  open(tables?: readonly EngineTable[]): Promise<Session>;
  /** The moment of the request, and the caller's IANA time zone. */
  readonly now: Date;
  readonly timeZone: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of a function over all rows; 0: none. */
  readonly timeLimitSeconds: number;
  /** Reads a source that stands in the parameters, as a table of this name. */
  read(name: string, source: DataSource): Promise<EngineTable>;
}

/** Parameters as they came, of which nothing is known yet. */
export type Params = { readonly [name: string]: unknown };

/** One compute operation. A new one is one file in `src/compute/operations/` and a line in its `index.ts`. */
export interface Operation {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  /** What each parameter is, by its name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of a function what each of its arguments is. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** `row` for a function of one row's values, `table` for one of whole tables; absent for an operation. */
  readonly functionOf?: "row" | "table";
  /** Where a function comes from that is none of hearth's own. */
  readonly origin?: string | undefined;
  /** Works without the engine on tables that are in memory. */
  readonly needsNoEngine?: boolean;
  /** Works without any table. */
  readonly needsNoData?: boolean;
  /** Throws `request-invalid` for parameters, naming them, `column-unknown`, and what the engine throws. */
  run(params: Params, input: OperationInput): Promise<TableStream>;
}
