import { machineText } from "./markdown.ts";
import { figureColumns, type Report, type ReportTable } from "./report.ts";

/** A report for the terminal: names beside values, then tables. */
export function textReport({ facts, machine, notes, tables, title, versions }: Report): string {
  const width = Math.max(...facts.map(({ name }) => name.length));
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    title,
    "",
    ...facts.map(({ name, value }) => `${name.padEnd(width)}  ${value}`),
    ...tables.flatMap((table) => ["", table.title, ...columns(table)]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
    "",
    [machineText(machine), ...known].join(", "),
    "",
  ].join("\n");
}

function columns(table: ReportTable): string[] {
  const { columns: names, rows } = table;
  const areFigures = figureColumns(table);
  const all = [names, ...rows];
  const widths = names.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) =>
        areFigures[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
