import { WholeFloat } from "../../data/table.ts";
import type { Painter } from "../terminal.ts";
import { cellText, visible } from "./cell-text.ts";
import { cutToWidth, displayWidth } from "./display-width.ts";

export interface TableLayout {
  /** Columns of the terminal; the lines are never longer. */
  readonly width: number;
  readonly paint: Painter;
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly isNumeric: boolean;
  width: number;
}

const GAP = "  ";
/** A column narrower than this tells nothing: rather leave whole columns out. */
const LEAST_WIDTH = 8;
/** One long text must not push all the other columns off the screen. */
const MOST_WIDTH = 60;

/**
 * A table for people: a header, a rule and a line a row, numbers to the right, texts cut where the terminal ends and
 * whole columns left out (and named below) where cutting doesn't help.
 */
export function renderTable(
  titles: readonly string[],
  rows: readonly (readonly unknown[])[],
  { width, paint }: TableLayout,
): string {
  const columns = titles.map((title, index) =>
    columnOf(
      visible(title),
      rows.map((row) => row[index]),
    ),
  );
  const shown = fit(columns, width);
  const lines = [
    shown.map((column) => paint("bold", align(column, column.title))).join(GAP),
    shown.map((column) => paint("dim", "─".repeat(column.width))).join(GAP),
    ...rows.map((row, index) => renderRow(shown, row, index, paint)),
  ];
  const hidden = columns.slice(shown.length).map((column) => column.title);
  if (hidden.length > 0) lines.push(cutToWidth(`and ${hidden.length} more: ${hidden.join(", ")}`, width));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function renderRow(
  columns: readonly Column[],
  row: readonly unknown[],
  index: number,
  paint: Painter,
): string {
  const cells = columns.map((column, place) => {
    const text = align(column, column.cells[index] ?? "");
    return row[place] === null ? paint("dim", text) : text;
  });
  return cells.join(GAP);
}

function columnOf(title: string, values: readonly unknown[]): Column {
  const cells = values.map(cellText);
  const isNumeric =
    values.some(isNumber) &&
    values.every((value) => value === null || value === undefined || isNumber(value));
  const widest = cells.reduce((most, cell) => Math.max(most, displayWidth(cell)), displayWidth(title) || 1);
  return { title, cells, isNumeric, width: Math.min(widest, MOST_WIDTH) };
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof WholeFloat;
}

/** Narrows the widest columns first; then drops columns from the right. */
function fit(columns: readonly Column[], width: number): Column[] {
  const shown = [...columns];
  while (totalWidth(shown) > width) {
    const widest = shown.reduce((most, column) => (column.width > most.width ? column : most));
    if (widest.width > LEAST_WIDTH) widest.width -= 1;
    else if (shown.length > 1) shown.pop();
    else break;
  }
  return shown;
}

function totalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width, GAP.length * (columns.length - 1));
}

function align(column: Column, text: string): string {
  const cut = cutToWidth(text, column.width);
  const padding = " ".repeat(column.width - displayWidth(cut));
  return column.isNumeric ? padding + cut : cut + padding;
}
