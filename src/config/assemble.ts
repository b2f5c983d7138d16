import type { SettingName } from "./keys.ts";
import type { SettingValue } from "./kinds.ts";
import type { GuestWrites, LogSettings, Settings } from "./settings.ts";

/** The settings as one value, from what each key has; the kinds in `keys.ts` vouch for the types. */
export function assembleSettings(
  valueOf: (name: SettingName) => SettingValue,
  token: string | undefined,
): Settings {
  const text = (name: SettingName) => valueOf(name) as string | undefined;
  const number = (name: SettingName) => valueOf(name) as number;
  const list = (name: SettingName) => valueOf(name) as readonly string[];
  return {
    host: text("host") ?? "",
    port: valueOf("port") as number | undefined,
    socket: text("socket"),
    tcp: valueOf("tcp") as boolean,
    idleTimeoutSeconds: valueOf("idleTimeout") as number | undefined,
    roots: list("roots"),
    allowedHosts: list("allowedHosts"),
    allowedOrigins: list("allowedOrigins"),
    token,
    tokenFile: text("tokenFile"),
    bodyLimitBytes: number("bodyLimit"),
    uploadLimitBytes: number("uploadLimit"),
    cacheLimitBytes: number("cacheLimit"),
    memoryBudgetBytes: number("memoryBudget"),
    readers: number("readers"),
    inlineLimitBytes: number("inlineLimit"),
    readMemoryBytes: number("readMemory"),
    readTimeoutSeconds: number("readTimeout"),
    maxCells: number("maxCells"),
    spillLimitBytes: number("spillLimit"),
    guestWrites: valueOf("guestWrites") as GuestWrites,
    guestEnvironment: valueOf("guestEnvironment") as readonly string[] | undefined,
    otherUsers: valueOf("otherUsers") as boolean,
    computeTimeoutSeconds: number("compute.timeout"),
    log: {
      level: text("log.level") as LogSettings["level"],
      requests: valueOf("log.requests") as boolean,
      maxBytes: number("log.maxSize"),
    },
    computeModules: list("compute.modules"),
  };
}
