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
  /** Reader processes that run side by side; default 2. */
  readonly readers: number;
  /** Bytes; default 8 MB. The server reads JSON files up to this size itself. */
  readonly inlineLimitBytes: number;
  /** Bytes that one reader process may take; default 1 GiB. All together take at most 1.5 times as much. */
  readonly readMemoryBytes: number;
  /** Seconds that a reader process may take for one source; default 20, 0 without limit. */
  readonly readTimeoutSeconds: number;
  /** Cells of a table that the server holds; default 20 million. Ten times as many in a reader process or a stream. */
  readonly maxCells: number;
  /** Bytes on disk of all uploads and spilled data together; default 16 GiB. */
  readonly spillLimitBytes: number;
  /** Which files guests may write; default "data". */
  readonly guestWrites: GuestWrites;
  /** The environment variables that guests may use in paths; undefined: all but those that look like secrets. */
  readonly guestEnvironment: readonly string[] | undefined;
  /** True: processes of other users may connect by TCP on loopback without a token. Default false. */
  readonly otherUsers: boolean;
  /** Seconds that one compute request may run; default 300, 0 without limit. */
  readonly computeTimeoutSeconds: number;
  readonly log: LogSettings;
  /** Absolute paths of modules with user functions. */
  readonly computeModules: readonly string[];
}

/** `data`: data formats only, at harmless names; `any`: every file; `none`: no file. */
export type GuestWrites = "data" | "any" | "none";

export interface LogSettings {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** A JSON line for each request. */
  readonly requests: boolean;
  /** Bytes after which the log file is rotated; one older file is kept. */
  readonly maxBytes: number;
}
