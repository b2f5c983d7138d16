import { HearthError } from "../errors.ts";

/** What a duration looks like, for messages. */
export const DURATION_EXAMPLES = "a duration such as 90, 90s, 5m, 1h or 0";

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Seconds from a number of seconds, `90`, `90s`, `5m`, `1h`, `1h30m`, `500ms` or `2d`; undefined for anything else. */
export function readDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim().toLowerCase();
  if (/^\d+(?:\.\d+)?$/.test(text)) return readDuration(Number(text));
  if (!WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit = "s"] of text.matchAll(PART)) seconds += Number(amount) * (SECONDS[unit] ?? 1);
  return readDuration(seconds);
}

/**
 * Seconds from what somebody wrote on the command line. Throws `usage`, naming `what`.
 *
 * @example parseDuration("5m", "--ttl") // 300
 */
export function parseDuration(text: string, what: string): number {
  const seconds = readDuration(text);
  if (seconds === undefined) {
    throw new HearthError("usage", `${what}: expected ${DURATION_EXAMPLES}, got "${text}"`);
  }
  return seconds;
}
