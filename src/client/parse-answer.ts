/** A whole number that a JavaScript number may not hold exactly; digits behind a point don't count. */
const LONG_NUMBER = /(?<![\d.])\d{16}/;

/**
 * JSON with every whole number exact: beyond 2^53 it is a bigint. The exact parser is loaded only for texts that could
 * hold such a number, which costs one scan.
 */
export async function parseAnswer<T>(text: string): Promise<T> {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as T;
  const [{ parseJson }, { WholeFloat }] = await Promise.all([
    import("../data/json-parse.ts"),
    import("../data/table.ts"),
  ]);
  return unwrap(parseJson(text), WholeFloat) as T;
}

type Wrapper = abstract new (...args: never[]) => { readonly value: number };

/** A script has no use for the difference between 2 and 2.0, which hearth's tables keep. */
function unwrap(value: unknown, wrapper: Wrapper): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof wrapper) return value.value;
  if (Array.isArray(value)) return value.map((item) => unwrap(item, wrapper));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner, wrapper)]));
}

/** JSON of a request's body; a bigint is written as the number it is. */
export function stringifyBody(value: unknown): string {
  let marker: string | undefined;
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "bigint") return inner;
    marker ??= `bigint:${crypto.randomUUID()}:`;
    return marker + inner.toString();
  });
  return marker === undefined ? text : text.replaceAll(new RegExp(`"${marker}(-?\\d+)"`, "g"), "$1");
}
