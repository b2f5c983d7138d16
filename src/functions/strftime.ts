/** Days and months as Python's C locale names them. */
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
export const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A moment as a calendar and a clock show it. */
export interface DateParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** The parts of a moment in a time zone; without one in this process's own. */
export function partsOf(date: Date, timeZone: string | undefined): DateParts {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type as string, Number(value)]));
  const part = (name: string) => parts.get(name) ?? 0;
  return {
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    second: part("second"),
  };
}

/** Formats as Python's `strftime` in the C locale; directives that it does not know stay as they are. */
export function strftime(parts: DateParts, format: string): string {
  const { year, month, day, hour, minute, second } = parts;
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const dayName = DAYS[weekday] as string;
  const monthName = MONTHS[month - 1] as string;
  const dayOfYear = (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
  const directives: Readonly<Record<string, string>> = {
    Y: String(year).padStart(4, "0"),
    y: two(year % 100),
    m: two(month),
    d: two(day),
    H: two(hour),
    I: two(hour % 12 === 0 ? 12 : hour % 12),
    M: two(minute),
    S: two(second),
    f: "000000",
    p: hour < 12 ? "AM" : "PM",
    B: monthName,
    b: monthName.slice(0, 3),
    h: monthName.slice(0, 3),
    A: dayName,
    a: dayName.slice(0, 3),
    w: String(weekday),
    u: String(weekday === 0 ? 7 : weekday),
    j: String(dayOfYear).padStart(3, "0"),
    F: `${year}-${two(month)}-${two(day)}`,
    T: `${two(hour)}:${two(minute)}:${two(second)}`,
    D: `${two(month)}/${two(day)}/${two(year % 100)}`,
    x: `${two(month)}/${two(day)}/${two(year % 100)}`,
    X: `${two(hour)}:${two(minute)}:${two(second)}`,
    n: "\n",
    t: "\t",
    "%": "%",
  };
  return format.replaceAll(/%(.)/gs, (written, letter: string) => directives[letter] ?? written);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
