import { lstatSync, readFileSync, readlinkSync } from "node:fs";

const IANA_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

let asked: string | undefined;

/**
 * IANA name of the caller's time zone, found as the C library finds it: TZ, then /etc/localtime. `Intl` would tell too,
 * but its first use costs the binary 10 ms, more than all else that a quick command does; it is asked last.
 */
export function timeZone(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment["TZ"]?.replace(/^:/, "");
  if (named !== undefined && IANA_NAME.test(named)) return named;
  asked ??=
    systemTimeZone("/etc/localtime", "/etc/timezone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return asked;
}

/** What a system's own files tell; undefined when they don't. No file at all means UTC (tzset(3)). */
export function systemTimeZone(localtime: string, timezone: string): string | undefined {
  try {
    const stat = lstatSync(localtime, { throwIfNoEntry: false });
    if (stat === undefined) return "UTC";
    const name = stat.isSymbolicLink()
      ? readlinkSync(localtime).split("/zoneinfo/").at(-1)
      : readFileSync(timezone, "utf8").trim();
    return name !== undefined && IANA_NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
