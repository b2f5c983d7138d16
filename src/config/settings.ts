/** Idle timeout of a server in the background, where nobody set one; in the foreground there is none. */
export const BACKGROUND_IDLE_SECONDS = 300;

/**
 * All settings of hearth, resolved: flag > environment > file > default. `src/config/resolve.ts` makes this value;
 * `hearth config show` prints it with the origin of each.
 */
export interface Settings {
  /** Default "127.0.0.1". */
  readonly host: string;
  /** TCP port; 0 lets the system choose; undefined: derived from the config's path, or 8765 without one. */
  readonly port: number | undefined;
  /** A Unix socket to serve guests on besides TCP: path, or undefined. The owner's socket is not this one. */
  readonly socket: string | undefined;
  /** False: no TCP port is bound; host and port go on naming the instance. Default true. */
  readonly tcp: boolean;
  /** Seconds without use after which the server leaves; 0 never; undefined: `BACKGROUND_IDLE_SECONDS` in the background, 0 in the foreground. */
  readonly idleTimeoutSeconds: number | undefined;
  /** Absolute folders that guests may reach. */
  readonly roots: readonly string[];
  /** Further names accepted in `Host`, beside loopback names. */
  readonly allowedHosts: readonly string[];
  /** Origins (scheme://host:port) whose browser requests are accepted. */
  readonly allowedOrigins: readonly string[];
  /** The token itself, from HEARTH_TOKEN or from the file that `tokenFile` names. */
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  /** Bytes; default 64 MiB. A body held in memory. */
  readonly bodyLimitBytes: number;
  /** Bytes; default 8 GiB. A body streamed to disk. */
  readonly uploadLimitBytes: number;
  /** Bytes; default 256 MiB. All cached tables and answers together. */
  readonly cacheLimitBytes: number;
  /** Bytes for one query of the engine; default 1 GiB. Beyond it the engine spills into the state folder. */
  readonly memoryBudgetBytes: number;
  /** Seconds that one compute request may run; default 300, 0 without limit. */
  readonly computeTimeoutSeconds: number;
  readonly log: LogSettings;
  /** Absolute paths of modules with user functions. */
  readonly computeModules: readonly string[];
}

export interface LogSettings {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** A JSON line for each request. */
  readonly requests: boolean;
  /** Bytes after which the log file is rotated; one older file is kept. */
  readonly maxBytes: number;
}
