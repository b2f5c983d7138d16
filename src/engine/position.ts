/** A text of the caller inside the SQL that is run. */
export interface Origin {
  /** What the caller calls it, such as `params.where`. */
  readonly label: string;
  readonly text: string;
  /** Where it begins in the SQL, in UTF-8 bytes, as the engine counts. */
  readonly start: number;
}

/** A place in a caller's text. */
export interface Place {
  readonly label: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

/** The place of byte `offset` of the SQL in the caller's text, or undefined when it lies in our own words around it. */
export function placeOf(offset: number | undefined, origins: readonly Origin[]): Place | undefined {
  if (offset === undefined) return undefined;
  for (const { label, text, start } of origins) {
    const bytes = new TextEncoder().encode(text);
    const at = offset - start;
    if (at < 0 || at > bytes.length) continue;
    const lines = new TextDecoder().decode(bytes.subarray(0, at)).split("\n");
    return { label, line: lines.length, column: [...(lines.at(-1) as string)].length + 1 };
  }
  return undefined;
}

/** A caller's text from byte `offset` of the SQL on; empty where that is not in one. */
export function textFrom(offset: number | undefined, origins: readonly Origin[]): string {
  if (offset === undefined) return "";
  for (const { text, start } of origins) {
    const bytes = new TextEncoder().encode(text);
    const at = offset - start;
    if (at >= 0 && at < bytes.length) return new TextDecoder().decode(bytes.subarray(at));
  }
  return "";
}

/** A place in words: ` in params.where, line 1, column 8`; the only origin without a known place: ` in params.where`. */
export function placeWords(place: Place | undefined, origins: readonly Origin[]): string {
  if (place !== undefined) return ` in ${place.label}, line ${place.line}, column ${place.column}`;
  const [only] = origins;
  return only !== undefined && origins.length === 1 ? ` in ${only.label}` : "";
}
