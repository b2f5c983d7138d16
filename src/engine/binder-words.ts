import type { FaultCode } from "../errors.ts";
import { listNames } from "../nearest.ts";
import type { EngineFailure } from "./engine-error.ts";
import { typeHint } from "./type-hint.ts";

export interface Words {
  readonly code: FaultCode;
  /** Without the place, which is added. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the engine finds wrong when it looks at names and types, in hearth's words. `source` begins at the place. */
export function binderWords(failure: EngineFailure, source: string): Words {
  const { message, subtype, name, candidates } = failure;
  if (subtype === "COLUMN_NOT_FOUND" && name !== undefined) return unknownColumn(name, candidates);
  const column = /(?:does not have|have) a column named "([^"]*)"/.exec(message)?.[1];
  if (column !== undefined) return unknownColumn(column, candidates);
  const table = /Referenced table "([^"]*)" not found/.exec(message)?.[1];
  if (table !== undefined) return invalid(`No table named "${table}"`, among(candidates));
  const call = CALL.exec(message);
  if (call !== null) {
    const types = call[1] ?? call[2] ?? "";
    return invalid(`No function takes these types: ${shortened(types)}`, typeHint(types, message, source));
  }
  for (const [pattern, words] of KNOWN) {
    const found = pattern.exec(message);
    if (found !== null) return words(found);
  }
  return invalid(`The engine rejects the query: ${reasonOf(message)}`);
}

const CALL =
  /No function matches the given name and argument types '([^]*?)'\. You|candidate function for the function call "([^]*?)"\. In/;

function invalid(message: string, hint?: string): Words {
  return { code: "query-invalid", message, hint };
}

const KNOWN: readonly (readonly [RegExp, (found: RegExpExecArray) => Words])[] = [
  [
    /column "([^"]*)" must appear in the GROUP BY/,
    ([, name]) =>
      invalid(
        `Column "${name}" is neither grouped by nor aggregated`,
        `Group by it, or take one of its values with any_value("${name}").`,
      ),
  ],
  [
    /duplicate alias "(?:[^"]*\.)?"?([^"]*)"/,
    ([, name]) => invalid(`Table "${name}" is there twice`, `Name one of them: ${name} as other.`),
  ],
  [
    /Ambiguous reference to (?:column|table) ?(?:name )?"([^"]*)"/,
    ([, name]) => invalid(`"${name}" is in several tables`, "Put the table's name and a point before it."),
  ],
  [
    /^UNNEST not supported here/,
    () =>
      invalid(
        "unnest cannot stand here: it makes rows, which GROUP BY, WHERE and aggregates do not take",
        "Unnest first: select t, count(*) from (select unnest(tags) as t from data) group by t.",
      ),
  ],
  [/^UNNEST\(\) can only be applied .* not (.+)/, ([, type]) => invalid(`unnest takes a list, got ${type}`)],
  [
    /WHERE[^]*aggregate|aggregate[^]*WHERE/,
    () => invalid("Aggregates cannot stand in a filter of rows", "Use HAVING or QUALIFY."),
  ],
  [
    /^(\w+(?: BY)?) (?:clause )?cannot contain window functions/,
    ([, clause]) => invalid(`Window functions cannot stand in ${clause}`, "Use QUALIFY."),
  ],
  [
    /aggregate function calls cannot be nested/,
    () => invalid("An aggregate cannot stand in another", "Aggregate in a query of its own first."),
  ],
  [
    /^Subquery returns (\d+) columns/,
    ([, count]) => invalid(`A subquery gives ${count} columns; expected one`),
  ],
  [
    /^Set operations can only apply/,
    () => invalid("The queries of UNION, EXCEPT or INTERSECT have different numbers of columns"),
  ],
  [
    /^Cannot extract field '([^]*?)' from expression "([^]*?)" because/,
    ([, field, name]) => invalid(`"${name}" has no field "${field}": it is not a struct or a map`),
  ],
  [
    /^(\w+)(?: BY)? term out of range - should be between (\d+) and (\d+)/,
    ([, clause, low, high]) => invalid(`${clause} BY must name a column by ${low} to ${high}`),
  ],
  [
    /^Cannot (?:mix|compare|combine) values of type (.+?) and (?:type )?(.+?)(?: in .*)? - /,
    ([, one, other]) =>
      invalid(`Values of the types ${one} and ${other} do not go together`, "Convert one with CAST."),
  ],
  [
    /^No matching aggregate function/,
    () => invalid("The list holds values that this function does not take"),
  ],
];

function unknownColumn(name: string, candidates: readonly string[]): Words {
  return { code: "column-unknown", message: `No column named "${name}"`, hint: among(candidates) };
}

/** The names that are near, for a hint. */
export function among(candidates: readonly string[]): string | undefined {
  const plain = candidates.map((name) => name.replaceAll('"', "").trim());
  if (plain.length === 0) return undefined;
  return plain.length === 1 ? `Did you mean "${plain[0]}"?` : `Near are ${listNames(plain)}.`;
}

/** The engine's reason where hearth has no words of its own: its first line, without the engine's own names. */
export function reasonOf(message: string): string {
  const [line = ""] = message.split("\n");
  return shortened(line.replaceAll(/\b(?:memory|temp)\.main\./g, "").replace(/[.!]$/, ""), 160);
}

export function shortened(text: string, most = 80): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
