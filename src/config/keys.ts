import type { SettingKind, SettingValue } from "./kinds.ts";

const MB = 1000 ** 2;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** One setting: its name in the config file, in the environment and on the command line, and what it may be. */
export interface SettingKey {
  /** Key in the config file; a dot leads into a mapping. */
  readonly key: string;
  readonly env: string;
  /**
   * Name of the flag without the dashes; undefined: none, as others could read it in the list of processes. One that
   * begins with `no-` is a switch that takes back what is on by default.
   */
  readonly flag: string | undefined;
  readonly kind: SettingKind;
  readonly default: SettingValue;
  /** From a found config that nobody trusted yet: applies, applies only below the default, or waits. */
  readonly untrusted: "applies" | "downwards" | "waits";
  /** For `--help` and `hearth config show`. */
  readonly description: string;
}

/** Every setting, once. Flags, environment, config file, `hearth config show` and the documentation come from here. */
export const SETTING_KEYS = [
  key("host", "HOST", "host", "host", "127.0.0.1", "waits", "Address to listen on"),
  key("port", "PORT", "port", "port", undefined, "applies", "TCP port; 0 lets the system choose"),
  key(
    "socket",
    "SOCKET",
    "guest-socket",
    "path",
    undefined,
    "waits",
    "Unix socket to serve guests on besides",
  ),
  key("tcp", "TCP", "no-tcp", "boolean", true, "waits", "Whether to listen on a TCP port"),
  key(
    "idleTimeout",
    "IDLE_TIMEOUT",
    "idle-timeout",
    "duration",
    undefined,
    "applies",
    "Leave after so long without use; 0: never",
  ),
  key("roots", "ROOTS", "root", "paths", [], "waits", "Folder that callers by TCP may reach"),
  key("allowedHosts", "ALLOWED_HOSTS", "allowed-host", "hosts", [], "waits", "Further name accepted in Host"),
  key(
    "allowedOrigins",
    "ALLOWED_ORIGINS",
    "allowed-origin",
    "origins",
    [],
    "waits",
    "Origin whose browser requests are accepted",
  ),
  key("token", "TOKEN", undefined, "secret", undefined, "waits", "Token that every caller by TCP must send"),
  key("tokenFile", "TOKEN_FILE", "token-file", "path", undefined, "waits", "File with the token in it"),
  key("bodyLimit", "BODY_LIMIT", "body-limit", "size", 64 * MIB, "downwards", "Largest body held in memory"),
  key(
    "uploadLimit",
    "UPLOAD_LIMIT",
    "upload-limit",
    "size",
    8 * GIB,
    "downwards",
    "Largest body streamed to disk",
  ),
  key(
    "cacheLimit",
    "CACHE_LIMIT",
    "cache-limit",
    "size",
    256 * MIB,
    "downwards",
    "All cached tables and answers together",
  ),
  key(
    "memoryBudget",
    "MEMORY_BUDGET",
    "memory-budget",
    "size",
    GIB,
    "downwards",
    "Memory for one query before it spills; set, also for all models together",
  ),
  key("readers", "READERS", "readers", "count", 2, "downwards", "Reader processes that run side by side"),
  key(
    "inlineLimit",
    "INLINE_LIMIT",
    "inline-limit",
    "size",
    8 * MB,
    "downwards",
    "Largest JSON file that the server reads itself; larger ones go to a reader process",
  ),
  key("readMemory", "READ_MEMORY", "read-memory", "size", GIB, "downwards", "Memory of one reader process"),
  key(
    "readTimeout",
    "READ_TIMEOUT",
    "read-timeout",
    "duration",
    20,
    "downwards",
    "Longest time in which a reader process reads one source",
  ),
  key(
    "maxCells",
    "MAX_CELLS",
    "max-cells",
    "count",
    20_000_000,
    "downwards",
    "Most cells of a table that the server holds; ten times as many in a reader process or a stream",
  ),
  key(
    "spillLimit",
    "SPILL_LIMIT",
    "spill-limit",
    "size",
    16 * GIB,
    "downwards",
    "Disk space of all uploads and spilled data together",
  ),
  key(
    "guestWrites",
    "GUEST_WRITES",
    "guest-writes",
    "guestWrites",
    "data",
    "waits",
    "Files that callers by TCP may write: data, any, none",
  ),
  key(
    "guestEnvironment",
    "GUEST_ENVIRONMENT",
    "guest-variable",
    "variables",
    undefined,
    "waits",
    "Environment variable that callers by TCP may use in paths; set, all others stay hidden",
  ),
  key(
    "otherUsers",
    "OTHER_USERS",
    "other-users",
    "boolean",
    false,
    "waits",
    "Whether other users of this machine may connect by TCP without a token",
  ),
  key(
    "compute.timeout",
    "COMPUTE_TIMEOUT",
    "compute-timeout",
    "duration",
    300,
    "waits",
    "Longest run of one compute request; 0: no limit",
  ),
  key(
    "compute.modules",
    "COMPUTE_MODULES",
    "compute-module",
    "paths",
    [],
    "waits",
    "Module with compute functions of your own",
  ),
  key("log.level", "LOG_LEVEL", "log-level", "level", "info", "waits", "Least that is logged"),
  key(
    "log.requests",
    "LOG_REQUESTS",
    "log-requests",
    "boolean",
    true,
    "waits",
    "A line in the log for each request",
  ),
  key(
    "log.maxSize",
    "LOG_MAX_SIZE",
    "log-max-size",
    "size",
    10 * MIB,
    "waits",
    "Size at which the log is rotated",
  ),
] as const satisfies readonly SettingKey[];

/** A setting's key in the config file. */
export type SettingName = (typeof SETTING_KEYS)[number]["key"];

/** Where hearth looks for files; no config file can set these. */
export const PLACE_VARIABLES = {
  config: {
    env: "HEARTH_CONFIG",
    flag: "config",
    description: "Config file to use instead of searching for one",
  },
  stateDir: { env: "HEARTH_STATE_DIR", flag: undefined, description: "Folder of logs, records and journals" },
} as const;

function key<const Key extends string>(
  name: Key,
  env: string,
  flag: string | undefined,
  kind: SettingKind,
  initial: SettingValue,
  untrusted: SettingKey["untrusted"],
  description: string,
): SettingKey & { readonly key: Key } {
  return { key: name, env: `HEARTH_${env}`, flag, kind, default: initial, untrusted, description };
}
