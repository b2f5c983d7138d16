import { HearthError } from "../../errors.ts";
import { inFlagsWords, inWrittenWords, type WrittenSql } from "../../written-sql.ts";

/** An error of the server about a query that flags were made into, with the flags' names and places in them. */
export function inFlags(error: unknown, query: WrittenSql): unknown {
  return reworded(error, (message) => inWrittenWords(message, query));
}

/** Flags of `hearth compute` that hold SQL. */
export interface SqlFlags {
  readonly query?: string | undefined;
  readonly where?: string | undefined;
  /** NAME=SQL each. */
  readonly column: readonly string[];
  readonly measure: readonly string[];
}

/** The same for an operation whose parameters were given by flags. */
export function inParamFlags(error: unknown, flags: SqlFlags): unknown {
  const named = labelsOf(flags);
  return reworded(error, (message) =>
    named.reduce((words, [label, name]) => inFlagsWords(words, `params.${label}`, name), message),
  );
}

/** The parameters that the flags become, each with what its caller wrote before its SQL. */
function labelsOf({ query, where, column, measure }: SqlFlags): (readonly [string, string])[] {
  const nameOf = (pair: string) => pair.slice(0, pair.indexOf("="));
  return [
    ...(query === undefined ? [] : [["query", "--query"] as const]),
    ...(where === undefined ? [] : [["where", "--where"] as const]),
    ...column.map((pair) => [`columns.${nameOf(pair)}`, `--column ${nameOf(pair)}`] as const),
    ...measure.map((pair) => [`measures.${nameOf(pair)}`, `--measure ${nameOf(pair)}`] as const),
  ];
}

function reworded(error: unknown, words: (message: string) => string): unknown {
  if (!(error instanceof HearthError)) return error;
  const message = words(error.message);
  if (message === error.message) return error;
  const { code, hint, errorType, status, requestId, retryAfterSeconds } = error;
  return new HearthError(code, message, {
    hint,
    cause: error,
    errorType,
    status,
    requestId,
    retryAfterSeconds,
  });
}
