import { TextColumnBuilder } from "../text-column.ts";
import type { TextColumn } from "../table.ts";
import { cellText } from "./cell-text.ts";

const DATE_LENGTH = "2024-02-29".length;
const MIDNIGHT = /^[T ]?(?:00:00(?::00(?:\.0+)?)?)?$/;

/**
 * Datetimes as pandas writes them to CSV: a blank between date and time, and only dates when all of the column are at
 * midnight.
 */
export function datetimeTexts(column: TextColumn): TextColumn {
  const texts = textsOf(column);
  const isDatesOnly = texts.every((text) => text === null || MIDNIGHT.test(text.slice(DATE_LENGTH)));
  const builder = new TextColumnBuilder(column.length);
  for (const text of texts) builder.add(text === null ? null : written(text, isDatesOnly));
  return builder.build(column.name);
}

function textsOf({ bytes, offsets, valid, length }: TextColumn): (string | null)[] {
  return Array.from({ length }, (_, row) =>
    valid?.[row] === 0 ? null : cellText(bytes, offsets[row] as number, offsets[row + 1] as number),
  );
}

function written(text: string, isDateOnly: boolean): string {
  const date = text.slice(0, DATE_LENGTH);
  return isDateOnly ? date : `${date} ${text.slice(DATE_LENGTH + 1) || "00:00:00"}`;
}
