import { WholeFloat } from "../../data/table.ts";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * One cell as a person reads it, on one line. Control characters are spelled out: data must not move the cursor or
 * recolour the terminal of the one who looks at it.
 */
export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "null";
  if (typeof cell === "string") return visible(cell);
  if (cell instanceof WholeFloat)
    return /^-?\d+$/.test(String(cell.value)) ? `${cell.value}.0` : String(cell.value);
  if (typeof cell === "object") return visible(JSON.stringify(cell, bigintAsNumber));
  return visible(String(cell));
}

/** The text with its control characters spelled out. */
export function visible(text: string): string {
  return text.replaceAll(CONTROL, (character) => NAMED[character] ?? escaped(character));
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

/** JSON has no bigint: shown as text here, which is what a person reads anyway. */
function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
