import type { StatusAnswer } from "../../client/answers.ts";
import type { HearthStatus } from "../../lifecycle/status.ts";
import { keptSentence } from "../../server/kept-settings.ts";
import { sizeText } from "../output/progress.ts";
import { cellText } from "../table/cell-text.ts";
import type { Painter } from "../terminal.ts";

/** A server's status as two columns: what it is, and how. What a newer server tells besides stands at the end. */
export function statusLines(status: StatusAnswer, paint: Painter): string {
  const facts = Object.entries(factsOf(status.hearth as unknown as Partial<HearthStatus>));
  const shown = facts.filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${paint("dim", label.padEnd(width))}  ${value}\n`).join("");
}

const KNOWN: ReadonlySet<string> = new Set(
  (
    "version protocol runtime instance id pid host port tcpProblem socket config startedHow startedTime uptimeSeconds memoryBytes idle " +
    "inFlight requests roots keptSettings droppedLogLines"
  ).split(" "),
);

function factsOf(status: Partial<HearthStatus>): Record<string, string | undefined> {
  return {
    status: `running${STARTED[status.startedHow ?? "by-hand"]}`,
    pid: text(status.pid),
    address: addressText(status),
    socket: status.socket ?? undefined,
    instance: status.instance,
    config: status.config ?? "none",
    settings: status.keptSettings === undefined ? undefined : keptText(status.keptSettings),
    version: status.version,
    runtime: status.runtime,
    uptime: status.uptimeSeconds === undefined ? undefined : durationText(status.uptimeSeconds),
    memory: status.memoryBytes === undefined ? undefined : sizeText(status.memoryBytes),
    idle: status.idle === undefined ? undefined : idleText(status.idle),
    running: text(status.inFlight?.active),
    requests: status.requests === undefined ? undefined : requestsText(status.requests),
    latency: status.requests === undefined ? undefined : latencyText(status.requests.latency),
    roots: status.roots?.join(", ") || "none",
    ...otherFacts(status),
  };
}

/** Only said when the server does not go by its config as it is now. */
function keptText(kept: HearthStatus["keptSettings"]): string | undefined {
  return kept === null ? undefined : `${keptSentence(kept)}. ${kept.hint}`;
}

const STARTED = { auto: ", started by a client", service: ", as a service", "by-hand": "" } as const;

function addressText({ host, port, tcpProblem }: Partial<HearthStatus>): string | undefined {
  if (port === null) return typeof tcpProblem === "string" ? `no TCP: ${tcpProblem}` : "no TCP";
  return port === undefined ? undefined : `http://${host}:${port}`;
}

/** What others added to the status, such as cache and sessions. */
function otherFacts(status: Partial<HearthStatus>): Record<string, string> {
  const others = Object.entries(status).filter(([key, value]) => !KNOWN.has(key) && value !== null);
  return Object.fromEntries(
    others.map(([key, value]) => [key, isFlat(value) ? flatText(value) : cellText(value)]),
  );
}

function isFlat(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function flatText(value: Record<string, unknown>): string {
  const parts = Object.entries(value).map(([key, inner]) => {
    const isSize = /^bytes$|^limit$|Bytes$/.test(key) && typeof inner === "number";
    return `${key.replace(/Bytes$/, "")} ${isSize ? sizeText(inner) : cellText(inner)}`;
  });
  return parts.join(", ");
}

function idleText({ timeoutSeconds, remainingSeconds, idleSeconds }: HearthStatus["idle"]): string {
  if (timeoutSeconds === 0 || remainingSeconds === null) return "never leaves";
  return `leaves in ${durationText(remainingSeconds)} of ${durationText(timeoutSeconds)}, idle for ${durationText(idleSeconds)}`;
}

function requestsText({ served, refused, failed }: HearthStatus["requests"]): string {
  return `${served} served, ${refused} refused, ${failed} failed`;
}

function latencyText({ count, p50Ms, p99Ms }: HearthStatus["requests"]["latency"]): string | undefined {
  return count === 0 ? undefined : `p50 ${p50Ms} ms, p99 ${p99Ms} ms`;
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Seconds for people: "4.2 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86_400) return join(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return join(Math.floor(whole / 86_400), "d", Math.floor((whole % 86_400) / 3600), "h");
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
