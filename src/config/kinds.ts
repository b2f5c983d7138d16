import { DURATION_EXAMPLES, readDuration } from "./duration.ts";
import { SIZE_EXAMPLES, readSize } from "./size.ts";

/** A setting's value in hearth's own units: seconds, bytes, lists of text. */
export type SettingValue = string | number | boolean | readonly string[] | undefined;

export type SettingKind = keyof typeof KINDS;

/** What a kind of setting takes, for messages, and how it is read; undefined: it is something else. */
interface Kind {
  readonly expected: string;
  readonly read: (value: unknown) => SettingValue;
  /** How one text becomes a list, in the environment and on the command line. */
  readonly split?: (text: string) => string[];
}

const LEVELS = ["debug", "info", "warn", "error", "silent"];
const GUEST_WRITES = ["data", "any", "none"];
const byComma = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const byColon = (text: string) => text.split(":").filter(Boolean);

const KINDS = {
  host: { expected: "a host name or an IP address", read: readHost },
  port: { expected: "a port, a whole number from 0 to 65535", read: readPort },
  duration: { expected: DURATION_EXAMPLES, read: readDuration },
  size: { expected: SIZE_EXAMPLES, read: readSize },
  path: { expected: "a path", read: readPath },
  paths: { expected: "a list of paths", read: (value) => readList(value, readPath), split: byColon },
  hosts: { expected: "a list of host names", read: (value) => readList(value, readHost), split: byComma },
  origins: {
    expected: "a list of origins such as https://app.example:8443",
    read: (value) => readList(value, readOrigin),
    split: byComma,
  },
  level: {
    expected: `one of ${LEVELS.join(", ")}`,
    read: (value) => LEVELS.find((level) => level === value),
  },
  count: { expected: "a whole number, 1 or more", read: readCount },
  guestWrites: {
    expected: `one of ${GUEST_WRITES.join(", ")}`,
    read: (value) => GUEST_WRITES.find((choice) => choice === value),
  },
  variables: {
    expected: "a list of names of environment variables",
    read: (value) => readList(value, readVariable),
    split: byComma,
  },
  boolean: { expected: "true or false", read: readBoolean },
  secret: { expected: "visible ASCII characters without blanks", read: readSecret },
} satisfies Record<string, Kind>;

/** What a setting of this kind has to be, in words that follow "expected". */
export function expectedOf(kind: SettingKind): string {
  return KINDS[kind].expected;
}

/** Reads a value of a config file; undefined when it is of another kind. */
export function readValue(kind: SettingKind, value: unknown): SettingValue {
  return KINDS[kind].read(value);
}

/** Reads a text of the environment; lists are split at commas, lists of paths at colons. */
export function readText(kind: SettingKind, text: string): SettingValue {
  const { read, split }: Kind = KINDS[kind];
  return read(split === undefined ? text : split(text));
}

function readHost(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const host = value.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return /^[^\s/?#@[\]]+$/.test(host) && !host.includes("://") ? host : undefined;
}

function readPort(value: unknown): number | undefined {
  const port = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535 ? Number(port) : undefined;
}

function readCount(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(count) && Number(count) >= 1 ? Number(count) : undefined;
}

function readVariable(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? value : undefined;
}

function readPath(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !value.includes("\0") ? value : undefined;
}

function readOrigin(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+\/?$/i.test(value)) return undefined;
  const url = URL.parse(value);
  // Other schemes (vscode-webview://...) have no origin by the standard, yet browsers send them as they are
  return url === null || url.origin === "null" ? value.replace(/\/$/, "").toLowerCase() : url.origin;
}

function readList(value: unknown, read: (item: unknown) => string | undefined): string[] | undefined {
  const items = (Array.isArray(value) ? value : [value]).map(read);
  return items.every((item) => item !== undefined) ? items : undefined;
}

function readBoolean(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  return value === "false" || value === "0" ? false : undefined;
}

function readSecret(value: unknown): string | undefined {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}
