import { HearthError } from "../errors.ts";
import { spillLimitReached } from "../spill-budget.ts";
import { among, binderWords, reasonOf, shortened, type Words } from "./binder-words.ts";
import { parseEngineError, type EngineFailure } from "./engine-error.ts";
import { placeOf, placeWords, textFrom, type Origin } from "./position.ts";

export type { Origin } from "./position.ts";

/**
 * The engine's failure in hearth's own words, with the place in the caller's text; the original is the cause. A
 * `HearthError` passes as it is. Codes: `query-invalid`, `column-unknown`, `query-refused`, `query-failed`,
 * `memory-limit`, `request-cancelled`, `disk-full`, `internal`.
 */
export function faultOf(error: unknown, origins: readonly Origin[] = []): HearthError {
  if (error instanceof HearthError) return error;
  const failure = parseEngineError(error);
  const { code, message, hint } = (WORDS[failure.kind] ?? unknownKind)(
    failure,
    textFrom(failure.position, origins),
  );
  const place = placeWords(placeOf(failure.position, origins), origins);
  return new HearthError(code, `${message}${place}`, { hint, cause: error });
}

const WORDS: Readonly<Record<string, (failure: EngineFailure, source: string) => Words>> = {
  Parser: parserWords,
  Syntax: parserWords,
  Binder: binderWords,
  Catalog: catalogWords,
  Conversion: conversionWords,
  "Mismatch Type": conversionWords,
  "Invalid Input": inputWords,
  "Invalid type": inputWords,
  "Out of Range": () => ({ code: "query-failed", message: "A value is out of the range of its type" }),
  "Divide by Zero": () => ({ code: "query-failed", message: "Division by zero" }),
  "Not implemented": ({ message }) => ({
    code: "query-failed",
    message: `The engine cannot do this: ${reasonOf(message)}`,
  }),
  "Out of Memory": memoryWords,
  INTERRUPT: () => ({ code: "request-cancelled", message: "The query was interrupted" }),
  Permission: refusedWords,
  TransactionContext: () => ({ code: "query-refused", message: "Queries cannot change anything" }),
  IO: ioWords,
  INTERNAL: brokenWords,
  FATAL: brokenWords,
  Fatal: brokenWords,
};

function parserWords({ message }: EngineFailure): Words {
  if (/depth limit|stack depth/i.test(message))
    return { code: "query-invalid", message: "Nested too deeply" };
  const near = /at or near "([^]*)"$/.exec(message)?.[1];
  const open =
    /^(?:unterminated|zero-length) (quoted string|quoted identifier|delimited identifier|\/\* comment)/.exec(
      message,
    );
  if (open !== null)
    return { code: "query-invalid", message: `A ${OPEN_NAMES[open[1] as string]} is not closed or empty` };
  if (/end of input/.test(message))
    return { code: "query-invalid", message: "Syntax error: the text ends too early" };
  if (near !== undefined) return { code: "query-invalid", message: `Syntax error near "${shortened(near)}"` };
  return { code: "query-invalid", message: "Syntax error" };
}

const OPEN_NAMES: Readonly<Record<string, string>> = {
  "quoted string": "quoted text",
  "quoted identifier": "quoted name",
  "delimited identifier": "quoted name",
  "/* comment": "comment",
};

function catalogWords({ message, type, name, candidates }: EngineFailure): Words {
  const typed = /Type with name (\S+) does not exist/.exec(message)?.[1];
  if (typed !== undefined)
    return { code: "query-invalid", message: `No type named "${typed}"`, hint: among(candidates) };
  if (name === undefined)
    return { code: "query-invalid", message: "The query names something that does not exist" };
  const what = type?.includes("Function") === true ? "function" : (type ?? "thing").toLowerCase();
  return { code: "query-invalid", message: `No ${what} named "${name}"`, hint: among(candidates) };
}

function conversionWords({ message }: EngineFailure): Words {
  const [, value, type] = /string '([^]*?)' to ([A-Z_0-9()]+)/.exec(message) ?? [];
  const hint = "TRY_CAST gives a missing value instead.";
  if (value !== undefined)
    return { code: "query-failed", message: `"${shortened(value)}" is no ${type}`, hint };
  const [, from, to] = /Unimplemented type for cast \((.+) -> (.+?)\)/.exec(message) ?? [];
  if (from !== undefined) return { code: "query-failed", message: `${from} cannot be converted to ${to}` };
  return { code: "query-failed", message: "A value cannot be converted to the type it needs", hint };
}

function inputWords({ message }: EngineFailure): Words {
  if (/parameters/.test(message)) {
    return { code: "query-invalid", message: "The query has parameters", hint: "Write the values into it." };
  }
  return { code: "query-failed", message: `A function rejects a value: ${reasonOf(message)}` };
}

function memoryWords({ message }: EngineFailure): Words {
  if (/max_temp_directory_size/.test(message)) return spillWords();
  const hint = "Select less, or raise memoryBudget.";
  return { code: "memory-limit", message: "The query needs more memory than it may take", hint };
}

function refusedWords(): Words {
  const hint = 'Queries read only the tables they are given: name the file in "data_source" or "sources".';
  return { code: "query-refused", message: "Queries cannot reach files, the network or settings", hint };
}

function spillWords(): Words {
  const { code, message, hint } = spillLimitReached();
  return { code, message, hint };
}

function ioWords({ message }: EngineFailure): Words {
  if (/max_temp_directory_size/.test(message)) return spillWords();
  if (/No space left|disk quota/i.test(message)) {
    return { code: "disk-full", message: "The disk is full: the engine could not put down what it spills" };
  }
  return { code: "query-failed", message: "The engine could not read or write" };
}

function brokenWords(): Words {
  return { code: "internal", message: "The engine failed inside" };
}

function unknownKind(): Words {
  return { code: "query-failed", message: "The engine could not run the query" };
}
