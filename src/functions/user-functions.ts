import { columnFromCells, tableFromRecords } from "../data/columns.ts";
import { cellOf } from "../data/table-rows.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type {
  Args,
  CallContext,
  ComputeFunction,
  FrameFunction,
  FrameResult,
  RowFunction,
} from "./function.ts";
import { cellOfPlain, plainValue } from "./plain-values.ts";

/** The arguments of a call, by name, as plain values; dates are ISO texts. */
export type UserArguments = Readonly<Record<string, unknown>>;

/** A row as a plain object. */
export type UserRow = Readonly<Record<string, unknown>>;

/** When and for whom a function runs. */
export interface UserContext {
  readonly now: Date;
  /** IANA name of the caller's time zone; undefined: the server's own. */
  readonly timeZone: string | undefined;
}

interface Described {
  /** One sentence for `hearth compute list`. */
  readonly description?: string;
  /** What each argument is; others are refused then. Absent: any are taken. */
  readonly arguments?: Readonly<Record<string, string>>;
}

/** A function of your own of the values of one row. */
export interface UserRowFunction extends Described {
  /** Gives the value, or a list of them where `field` names several columns; may be async. */
  row(args: UserArguments, context: UserContext): unknown;
}

/** A function of your own of a whole table. */
export interface UserTableFunction extends Described {
  /**
   * Gives other rows, or a list of one value for each row: a column where there is a `field`; without one a list of
   * booleans tells which rows stay. May be async.
   */
  table(rows: readonly UserRow[], args: UserArguments, context: UserContext): unknown;
}

export type UserFunction = UserRowFunction | UserTableFunction;

/**
 * Functions of your own, by name.
 *
 * @example
 * export const functions: UserFunctions = {
 *   initials: {
 *     description: "First letters of a name",
 *     arguments: { name: "the name" },
 *     row: ({ name }) => String(name).split(" ").map((word) => word[0]).join(""),
 *   },
 * };
 */
export type UserFunctions = Readonly<Record<string, UserFunction>>;

const NAME = /^[A-Za-z_]\w{0,63}$/;

/**
 * Checks what a program gives as its functions and makes functions like hearth's own of them.
 *
 * @param origin how messages name where they come from
 * @param taken names that they can't have
 * @throws HearthError `config-invalid`
 */
export function userFunctions(given: unknown, origin: string, taken: ReadonlySet<string>): ComputeFunction[] {
  const invalid = (message: string, hint?: string) =>
    new HearthError("config-invalid", `${origin}: ${message}`, { hint });
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid("it exports no functions", "Export an object `functions` of them, by name.");
  }
  return Object.entries(given as Record<string, unknown>).map(([name, each]) => {
    if (!NAME.test(name)) throw invalid(`"${name}" can't be a function's name`);
    if (taken.has(name)) throw invalid(`there is a function or operation "${name}" already`);
    return userFunction(name, each, origin, invalid);
  });
}

function userFunction(
  name: string,
  given: unknown,
  origin: string,
  invalid: (message: string, hint?: string) => HearthError,
): ComputeFunction {
  const {
    row,
    table,
    description,
    arguments: parameters,
  } = (given ?? {}) as Partial<UserRowFunction & UserTableFunction>;
  const isDescribed = description === undefined || typeof description === "string";
  const isText = (value: unknown) => typeof value === "string";
  const hasArguments =
    parameters === undefined ||
    (typeof parameters === "object" && Object.values(parameters as object).every(isText));
  if (!isDescribed || !hasArguments || (typeof row === "function") === (typeof table === "function")) {
    throw invalid(
      `"${name}" is no function`,
      "It is an object {description?, arguments?: {name: text}, row: (args) => value} or the same with table: (rows, args) => rows.",
    );
  }
  const common = { name, summary: description ?? `A function of ${origin}`, origin };
  const takesAnyArgument = parameters === undefined;
  const shared = { ...common, parameters: parameters ?? {}, takesAnyArgument };
  if (typeof row === "function") {
    return { ...shared, kind: "row", call: (args, context) => callRow(name, row, args, context) };
  }
  const run: FrameFunction["run"] = (rows, args, context) =>
    callTable(name, table as UserTableFunction["table"], rows, args, context);
  return { ...shared, kind: "frame", run };
}

function callRow(
  name: string,
  row: UserRowFunction["row"],
  args: Args,
  context: CallContext,
): ReturnType<RowFunction["call"]> {
  const toCell = (value: unknown) => cellOfPlain(value, (what) => gave(name, what));
  return attempt(name, () => row(plainArguments(args), plainContext(context)), toCell);
}

function callTable(
  name: string,
  table: UserTableFunction["table"],
  given: Table,
  args: Args,
  context: CallContext,
): ReturnType<FrameFunction["run"]> {
  const rows = Array.from({ length: given.rows }, (_, row) =>
    Object.fromEntries(given.columns.map((column) => [String(column.name), plainValue(cellOf(column, row))])),
  );
  const call = () => table(rows, plainArguments(args), plainContext(context));
  return attempt(name, call, (value) => frameResult(name, value, given.rows));
}

function frameResult(name: string, value: unknown, rows: number): FrameResult {
  const cells = cellOfPlain(value, (what) => gave(name, what));
  if (!Array.isArray(cells)) throw gave(name, "no list");
  const list = cells as readonly Cell[];
  if (
    list.length > 0 &&
    list.every((cell) => typeof cell === "object" && cell !== null && !Array.isArray(cell))
  ) {
    return { table: tableFromRecords(list) };
  }
  if (list.length === 0 && rows > 0) return { table: tableFromRecords([]) };
  if (list.length !== rows) throw gave(name, `${list.length} values for ${rows} rows`);
  if (list.every((cell) => typeof cell === "boolean")) return { mask: list as readonly boolean[] };
  return { column: columnFromCells(name, list) };
}

/** Runs a program's function; what it throws, now or later, is told as its failure. */
function attempt<T>(name: string, call: () => unknown, convert: (value: unknown) => T): T | Promise<T> {
  const failed = (cause: unknown) => {
    if (cause instanceof HearthError && cause.code === "function-failed") return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new HearthError("function-failed", `The function "${name}" failed: ${reason}`, { cause });
  };
  try {
    const value = call();
    if (!(value instanceof Promise)) return convert(value);
    return value.then(convert).catch((error: unknown) => {
      throw failed(error);
    });
  } catch (error) {
    throw failed(error);
  }
}

function gave(name: string, what: string): HearthError {
  return new HearthError("function-failed", `The function "${name}" gave ${what}, which is no data`);
}

function plainArguments(args: Args): UserArguments {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === "function" ? value : plainValue(value),
    ]),
  );
}

function plainContext({ now, timeZone }: CallContext): UserContext {
  return { now, timeZone };
}
