import type { LogRecord } from "../../lifecycle/read-log.ts";
import { cellText, visible } from "../table/cell-text.ts";
import { shown } from "../shown.ts";
import type { Painter } from "../terminal.ts";

const LEVEL_STYLES = { debug: "dim", info: "cyan", warn: "yellow", error: "red", silent: "dim" } as const;

/** Fields that stand in the line's own words already. */
const SPOKEN = new Set([
  "time",
  "level",
  "event",
  "message",
  "method",
  "route",
  "status",
  "ms",
  "id",
  "stack",
]);

/**
 * A line of the log for people, in local time: `12:03:04.005 info  POST /api/read_data 200 3.1 ms caller=owner id=...`.
 * An error's stack follows on lines of its own.
 */
export function logLineText(record: LogRecord, paint: Painter, now: Date): string {
  const words =
    record.event === "request"
      ? `${record["method"]} ${record["route"]} ${record["status"]} ${record["ms"]} ms`
      : (record.message ?? record.event);
  const parts = [
    paint("dim", timeText(new Date(record.time), now)),
    paint(LEVEL_STYLES[record.level], record.level.padEnd(5)),
    visible(words),
    ...otherFields(record).map((field) => paint("dim", field)),
  ];
  const stack = typeof record["stack"] === "string" ? `\n${shown(record["stack"])}` : "";
  return parts.join(" ") + stack;
}

function otherFields(record: LogRecord): string[] {
  const others = Object.entries(record).filter(([key]) => !SPOKEN.has(key));
  const fields = record.id === undefined ? others : [...others, ["id", record.id] as const];
  return fields.map(([key, value]) => `${key}=${cellText(value)}`);
}

/** Local time; with the date when it is not today. */
function timeText(time: Date, now: Date): string {
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
  const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
  const isToday = time.toDateString() === now.toDateString();
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} `;
  return `${isToday ? "" : date}${clock}.${milliseconds}`;
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}
