import { HearthError } from "../src/errors.ts";

/**
 * A whole number of a query; absent: `fallback`. Throws `request-invalid`.
 *
 * @param least the smallest that is taken
 */
export function wholeNumberIn(
  text: string | undefined,
  name: string,
  least: number,
  fallback: number,
): number {
  if (text === undefined) return fallback;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number >= least) return number;
  throw new HearthError("request-invalid", `${name} is a whole number, ${least} or more`);
}
