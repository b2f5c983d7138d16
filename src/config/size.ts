import { HearthError } from "../errors.ts";

/** What a size looks like, for messages. */
export const SIZE_EXAMPLES = "a size such as 64MiB, 8GiB, 500MB or a number of bytes";

const POWERS = ["", "k", "m", "g", "t"];
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)(b?)$/;

/**
 * Bytes from a number of bytes, `64MiB` (powers of 1024) or `500MB` (powers of 1000); undefined for anything else, also
 * for a bare `64M`, which means one to some tools and the other to others.
 */
export function readSize(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = typeof value === "string" ? SIZE.exec(value.trim().toLowerCase()) : null;
  if (match === null) return undefined;
  const [, amount = "", letter = "", binary, b] = match;
  const hasUnit = letter !== "" || binary !== "" || b !== "";
  if (hasUnit && (b === "" || (binary !== "" && letter === ""))) return undefined;
  return readSize(Math.round(Number(amount) * (binary === "" ? 1000 : 1024) ** POWERS.indexOf(letter)));
}

/**
 * Bytes from what somebody wrote on the command line. Throws `usage`, naming `what`.
 *
 * @example parseSize("64MiB", "--body-limit") // 67108864
 */
export function parseSize(text: string, what: string): number {
  const bytes = readSize(text);
  if (bytes === undefined) {
    throw new HearthError("usage", `${what}: expected ${SIZE_EXAMPLES}, got "${text}"`);
  }
  return bytes;
}
