/** A number with three digits that count. */
export function figure(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** A value of somebody's data: whole numbers as they are, others with six digits that count. */
export function exactly(value: number): string {
  return Number.isInteger(value)
    ? count(value)
    : value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

/** A whole number, in groups of three digits. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Bytes in powers of 1000. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${figure(value / 1000 ** power)} ${units[power]}`;
}

/** Milliseconds in the unit in which they read best. */
export function duration(ms: number): string {
  if (ms < 1) return `${figure(ms * 1000)} µs`;
  if (ms < 1000) return `${figure(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${figure(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** The time of day of a moment in milliseconds since the epoch. */
export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { hour12: false });
}

/** Day and time of a moment. */
export function moment(time: number | string): string {
  const date = new Date(time);
  const day = date.toLocaleDateString("sv-SE");
  return `${day} ${date.toLocaleTimeString("sv-SE")}`;
}
