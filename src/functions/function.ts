import type { Cell, Column, Table } from "../data/table.ts";

/** The arguments of one call, by name. */
export type Args = { readonly [name: string]: Cell | Callable };

/** Another function, given as an argument (`function_args`). */
export type Callable = (args: Args) => Cell;

/** Where and when a function is called. */
export interface CallContext {
  readonly now: Date;
  /** IANA name; undefined: the server's own zone. */
  readonly timeZone: string | undefined;
}

/** A function of the values of one row: it gives one value. */
export interface RowFunction {
  readonly kind: "row";
  readonly name: string;
  readonly summary: string;
  /** What each argument is, by its name; `"any"`: further arguments have any name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly takesAnyArgument: boolean;
  /** Loads what it needs; its calls are quick then. */
  load?(): Promise<void>;
  /** Throws `request-invalid` for arguments of the wrong kind, `data-invalid` for values that it can't take. */
  call(args: Args, context: CallContext): Cell | Promise<Cell>;
  /** Where it comes from, when it is none of hearth's own. */
  readonly origin?: string;
}

/** A function of a whole table: another table, a column, or which rows stay. */
export interface FrameFunction {
  readonly kind: "frame";
  readonly name: string;
  readonly summary: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly takesAnyArgument: boolean;
  run(table: Table, args: Args, context: CallContext): FrameResult | Promise<FrameResult>;
  readonly origin?: string;
}

export type FrameResult =
  | { readonly table: Table }
  | { readonly column: Column }
  /** One a row. */
  | { readonly mask: readonly boolean[] };

export type ComputeFunction = RowFunction | FrameFunction;
