import { HearthError, type FaultCode } from "../errors.ts";
import { spillLimitReached } from "../spill-budget.ts";
import { listNames } from "../data/nearest.ts";
import { parseEngineError, type EngineFailure } from "./engine-error.ts";
import { placeOf, placeWords, type Origin } from "./position.ts";

export type { Origin } from "./position.ts";

interface Words {
  readonly code: FaultCode;
  /** Without the place, which is added. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * The engine's failure in hearth's own words, with the place in the caller's text; the original is the cause. A
 * `HearthError` passes as it is. Codes: `query-invalid`, `column-unknown`, `query-refused`, `query-failed`,
 * `memory-limit`, `request-cancelled`, `disk-full`, `internal`.
 */
export function faultOf(error: unknown, origins: readonly Origin[] = []): HearthError {
  if (error instanceof HearthError) return error;
  const failure = parseEngineError(error);
  const { code, message, hint } = (WORDS[failure.kind] ?? unknownKind)(failure);
  const place = placeWords(placeOf(failure.position, origins), origins);
  return new HearthError(code, `${message}${place}`, { hint, cause: error });
}

const WORDS: Readonly<Record<string, (failure: EngineFailure) => Words>> = {
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
  "Not implemented": () => ({ code: "query-failed", message: "The engine cannot do this" }),
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

function binderWords({ message, subtype, name, candidates }: EngineFailure): Words {
  if (subtype === "COLUMN_NOT_FOUND" && name !== undefined) return unknownColumn(name, candidates);
  const column = /(?:does not have|have) a column named "([^"]*)"/.exec(message)?.[1];
  if (column !== undefined) return unknownColumn(column, candidates);
  const table = /Referenced table "([^"]*)" not found/.exec(message)?.[1];
  if (table !== undefined)
    return { code: "query-invalid", message: `No table named "${table}"`, hint: among(candidates) };
  const call = /No function matches the given name and argument types '([^]*?)'\. You/.exec(message)?.[1];
  if (call !== undefined) {
    const hint = "Convert the arguments first, for example with CAST(x AS DOUBLE) or TRY_CAST.";
    return { code: "query-invalid", message: `No function takes these types: ${shortened(call)}`, hint };
  }
  return (
    groupWords(message) ?? { code: "query-invalid", message: "The query does not fit the tables it reads" }
  );
}

function groupWords(message: string): Words | undefined {
  const ungrouped = /column "([^"]*)" must appear in the GROUP BY/.exec(message)?.[1];
  if (ungrouped !== undefined) {
    const hint = `Group by it, or take one of its values with any_value("${ungrouped}").`;
    return {
      code: "query-invalid",
      message: `Column "${ungrouped}" is neither grouped by nor aggregated`,
      hint,
    };
  }
  const ambiguous = /Ambiguous reference to (?:column|table) ?(?:name )?"([^"]*)"/.exec(message)?.[1];
  if (ambiguous !== undefined) {
    return {
      code: "query-invalid",
      message: `"${ambiguous}" is in several tables`,
      hint: "Put the table's name and a point before it.",
    };
  }
  if (/aggregate/i.test(message) && /WHERE/.test(message)) {
    return {
      code: "query-invalid",
      message: "Aggregates cannot stand in a filter of rows",
      hint: "Use HAVING or QUALIFY.",
    };
  }
  if (/aggregate/i.test(message))
    return { code: "query-invalid", message: "An aggregate stands where none can" };
  return undefined;
}

function unknownColumn(name: string, candidates: readonly string[]): Words {
  return { code: "column-unknown", message: `No column named "${name}"`, hint: among(candidates) };
}

function catalogWords({ message, type, name, candidates }: EngineFailure): Words {
  const typed = /Type with name (\S+) does not exist/.exec(message)?.[1];
  if (typed !== undefined)
    return { code: "query-invalid", message: `No type named "${typed}"`, hint: among(candidates) };
  if (name === undefined)
    return { code: "query-invalid", message: "The query names something that does not exist" };
  const what = type?.includes("Function") === true ? "function" : (type ?? "thing").toLowerCase();
  return { code: "query-invalid", message: `No ${what} named "${name}"`, hint: among(candidates) };
}

function among(candidates: readonly string[]): string | undefined {
  const plain = candidates.map((name) => name.replaceAll('"', "").trim());
  if (plain.length === 0) return undefined;
  return plain.length === 1 ? `Did you mean "${plain[0]}"?` : `Near are ${listNames(plain)}.`;
}

function conversionWords({ message }: EngineFailure): Words {
  const [, value, type] = /string '([^]*?)' to ([A-Z_0-9()]+)/.exec(message) ?? [];
  const hint = "TRY_CAST gives a missing value instead.";
  if (value !== undefined)
    return { code: "query-failed", message: `"${shortened(value)}" is no ${type}`, hint };
  return { code: "query-failed", message: "A value cannot be converted to the type it needs", hint };
}

function inputWords({ message }: EngineFailure): Words {
  if (/parameters/.test(message)) {
    return { code: "query-invalid", message: "The query has parameters", hint: "Write the values into it." };
  }
  return { code: "query-failed", message: "A function was given a value that it does not take" };
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

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
