import { HearthError } from "../../errors.ts";

/**
 * `--option key=value` flags as an object. A value that is JSON (a number, true, null, a list) is taken as such, anything
 * else as the text it is. Throws `usage` without "=", and for a name that comes twice.
 */
export function parsePairs(flag: string, pairs: readonly string[]): Record<string, unknown> {
  return mapPairs(flag, pairs, parseLoosely);
}

/** `--source name=path` flags: the values stay texts. */
export function parseTextPairs(flag: string, pairs: readonly string[]): Record<string, string> {
  return mapPairs(flag, pairs, (text) => text);
}

function mapPairs<T>(flag: string, pairs: readonly string[], parse: (text: string) => T): Record<string, T> {
  const values = new Map<string, T>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals <= 0) throw new HearthError("usage", `--${flag} wants NAME=VALUE, but "${pair}" came`);
    const name = pair.slice(0, equals);
    if (values.has(name)) throw new HearthError("usage", `--${flag} gives "${name}" twice`);
    values.set(name, parse(pair.slice(equals + 1)));
  }
  return Object.fromEntries(values);
}

function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `--source` flags beside a file, which is the table "data" itself. Throws `usage` where one takes that name. */
export function parseSources(pairs: readonly string[], file: string | undefined): Record<string, string> {
  const sources = parseTextPairs("source", pairs);
  if (file === undefined || !Object.hasOwn(sources, "data")) return sources;
  throw new HearthError("usage", `"data" is ${file} already`, { hint: "Give --source another name." });
}

/** "a, b" as its parts, without empty ones; undefined stays undefined. */
export function parseList(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A count of rows. Throws `usage` for anything but a whole number of 0 or more. */
export function parseCount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new HearthError("usage", `--${flag} wants a whole number, but "${text}" came`);
}
