import { momentOf } from "../data/yaml/scalar.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";

/** `2024/02/29`, `29 February 2024`, `Feb 29, 2024`, `2024-02`. */
const OTHER_FORMS =
  /^(?:\d{4}[/.]\d{1,2}[/.]\d{1,2}|\d{1,2} [A-Za-z]{3,9}\.? \d{4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{4}-\d{2})$/;

/**
 * The moment that a text names, taken as UTC where it names no zone: ISO 8601, and dates with the English name of the
 * month. Throws `data-invalid`.
 */
export function dateOf(cell: Cell): Date {
  const text = String(cell).trim();
  const iso = momentOf(text)?.iso;
  const date =
    iso !== undefined
      ? utc(iso)
      : OTHER_FORMS.test(text)
        ? new Date(`${text.replaceAll(".", "")} UTC`)
        : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  if (/^\d{4}$/.test(text)) return new Date(Date.UTC(Number(text), 0, 1));
  throw new HearthError("data-invalid", `"${text.slice(0, 80)}" is no date`, {
    hint: "Write it as 2024-02-29.",
  });
}

function utc(iso: string): Date {
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/.test(iso);
  return new Date(iso.length === 10 || hasZone ? iso : `${iso}Z`);
}

/** ISO without zone: `2024-02-29T00:00:00`, followed by a fraction where there is one. */
export function isoOf(date: Date): string {
  const text = date.toISOString();
  return text.endsWith(".000Z") ? text.slice(0, 19) : `${text.slice(0, 23)}000`;
}
