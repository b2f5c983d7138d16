import { bytesText, type Report, type ReportTable } from "./report.ts";

/** A report as Markdown, tables and all; charts are left out. */
export function markdownReport(report: Report): string {
  const { command, facts, machine, notes, tables, time, title, versions } = report;
  const parts = [
    `# ${title}`,
    table({ title: "", columns: ["", ""], rows: facts.map(({ name, value }) => [name, value]) }),
    ...tables.map((each) => `## ${each.title}\n\n${table(each)}`),
    notes.map((note) => `- ${note}`).join("\n"),
    `${machineText(machine)}; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}; ${time}.`,
    `\`\`\`sh\n${command}\n\`\`\``,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A machine in a line. */
export function machineText({ cores, cpu, hearth, memoryBytes, runtime, system }: Report["machine"]): string {
  return `${cores} cores (${cpu}), ${bytesText(memoryBytes)}, ${system}, hearth ${hearth} on ${runtime}`;
}

function table({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}
