import type { ServiceStatus } from "../../service/service.ts";
import type { Painter } from "../terminal.ts";

/** A service's status as two columns, the problems below. */
export function serviceLines(status: ServiceStatus, key: string, paint: Painter): string {
  const rows: [string, string][] = [
    ["service", status.isInstalled ? `installed, by ${status.manager}` : "not installed"],
    ["instance", key],
  ];
  if (status.isInstalled) {
    rows.push(
      ["address", `http://${status.address}`],
      ["enabled", status.isEnabled ? "yes" : "no"],
      ["listens", status.isActive ? "yes" : "no"],
      ["server", status.server],
      ...status.files.map((path): [string, string] => ["file", path]),
      ...status.problems.map((problem): [string, string] => ["problem", problem]),
    );
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${paint("dim", label.padEnd(width))}  ${text}\n`).join("");
}
