import { clock } from "../format.ts";
import type { LogRecord } from "../types.ts";
import { Badge } from "./common.tsx";

const KINDS = { debug: "quiet", info: "quiet", warn: "busy", error: "bad" } as const;

/** Lines of the log. */
export function LogTable({ lines }: { lines: readonly LogRecord[] }) {
  return (
    <table class="log">
      <thead class="sr">
        <tr>
          <th>Time</th>
          <th>Level</th>
          <th>What</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          <tr key={`${line.time} ${line.id ?? ""} ${index}`}>
            <td>{clock(Date.parse(line.time))}</td>
            <td>
              <Badge kind={KINDS[line.level as keyof typeof KINDS] ?? "quiet"}>{line.level}</Badge>
            </td>
            <td>{textOf(line)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A line as one text; the fields that its kind doesn't have are added as they are. */
export function textOf(record: LogRecord): string {
  const { event } = record;
  if (event === "request") {
    const { caller, code, id, method, ms, route, status } = record;
    return [method, route, status, `${String(ms)} ms`, caller, code, id]
      .filter((part) => part !== undefined)
      .join(" ");
  }
  const { message = event } = record;
  const further = Object.entries(record)
    .filter(([name]) => !SHOWN_APART.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [message, ...further].join(" ");
}

const SHOWN_APART: ReadonlySet<string> = new Set(["time", "level", "event", "message"]);
