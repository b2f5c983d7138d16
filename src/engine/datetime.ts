/** ISO 8601 without zone: `2024-02-29`, `2024-02-29T10:11:12`, `2024-02-29 10:11:12.123456789`. */
const ISO = /^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

const MS_PER_DAY = 86_400_000;

/** Microseconds since the epoch of an ISO text without zone, or undefined for another text or a day that is none. */
export function microsOf(text: string): bigint | undefined {
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  // Date.UTC would take years below 100 for 19xx.
  const date = new Date(0);
  date.setUTCFullYear(year as number, (month as number) - 1, day as number);
  const isDay = date.getUTCMonth() === (month as number) - 1 && date.getUTCDate() === day;
  if (!isDay || (hour as number) > 23 || (minute as number) > 59 || (second as number) > 59) return undefined;
  const seconds = (hour as number) * 3600 + (minute as number) * 60 + (second as number);
  const fraction = Number((parts[7] ?? "").padEnd(6, "0").slice(0, 6));
  return BigInt(date.getTime() + seconds * 1000) * 1000n + BigInt(fraction);
}

/** A day, counted from 1970-01-01, as `2024-02-29`. */
export function isoDay(days: number): string {
  const date = new Date(days * MS_PER_DAY);
  if (Number.isNaN(date.getTime())) return days > 0 ? "infinity" : "-infinity";
  return `${isoYear(date.getUTCFullYear())}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

/**
 * A moment as `2024-02-29T10:11:12`, followed by a fraction of 6 digits (9 if it takes them) when there is one.
 *
 * @param count since the epoch, in units of which a second has `perSecond`
 */
export function isoMoment(count: bigint, perSecond: number): string {
  const unit = BigInt(perSecond);
  const fraction = ((count % unit) + unit) % unit;
  const seconds = Number((count - fraction) / unit);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const day = isoDay(days);
  if (day.endsWith("infinity")) return day;
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${day}T${time}${fractionOf(fraction, perSecond)}`;
}

function fractionOf(fraction: bigint, perSecond: number): string {
  if (fraction === 0n) return "";
  const digits = String(fraction)
    .padStart(Math.round(Math.log10(perSecond)), "0")
    .padEnd(6, "0");
  return `.${digits.endsWith("000") && digits.length === 9 ? digits.slice(0, 6) : digits}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function isoYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}
