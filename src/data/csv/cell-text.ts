const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What counts as missing (contract 4.2: pandas' words), beside the empty cell. `nan` and the like are told by their
 * text, not by their value.
 */
const MISSING_TEXTS: readonly string[] =
  "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null".split(
    "|",
  );

const MISSING_WORDS = MISSING_TEXTS.map((word) => new TextEncoder().encode(word));

const LONGEST_WORD = Math.max(...MISSING_WORDS.map((word) => word.length));

/** 1 for bytes that a missing word begins with. */
const BEGINS_WORD = new Uint8Array(256);
/** 1 for bytes that a missing word ends with: no digit, so that a negative number is told from them at once. */
const ENDS_WORD = new Uint8Array(256);
for (const word of MISSING_WORDS) {
  BEGINS_WORD[word[0] as number] = 1;
  ENDS_WORD[word[word.length - 1] as number] = 1;
}

const TRUE_WORDS = ["True", "TRUE", "true"].map((word) => new TextEncoder().encode(word));
const FALSE_WORDS = ["False", "FALSE", "false"].map((word) => new TextEncoder().encode(word));

/** True when the cell is empty or one of pandas' words for a missing value. */
export function isMissing(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  if (BEGINS_WORD[bytes[start] as number] === 0) return false;
  if (ENDS_WORD[bytes[end - 1] as number] === 0 || end - start > LONGEST_WORD) return false;
  return isOneOf(MISSING_WORDS, bytes, start, end);
}

/** The same of a text. */
export function isMissingText(text: string): boolean {
  return text === "" || (text.length <= LONGEST_WORD && MISSING_TEXTS.includes(text));
}

/** 1 or 0 for True, TRUE, true or False, FALSE, false; else -1. */
export function parseBoolean(bytes: Uint8Array, start: number, end: number): 1 | 0 | -1 {
  const length = end - start;
  if (length === 4) return isOneOf(TRUE_WORDS, bytes, start, end) ? 1 : -1;
  return length === 5 && isOneOf(FALSE_WORDS, bytes, start, end) ? 0 : -1;
}

/** The cell as a text. */
export function cellText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

function isOneOf(words: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  for (const word of words) {
    if (word.length !== length) continue;
    let at = 0;
    while (at < length && word[at] === bytes[start + at]) at += 1;
    if (at === length) return true;
  }
  return false;
}
