import type { LogFilter, LogRecord } from "./lifecycle/read-log.ts";
import type { PageAccess } from "./insight/page-access.ts";

/** What a running server lets its owner do; embedded there is none. */
export interface ServerControl {
  /**
   * Lets guests reach further folders, now; relative ones start from `directory`. Gives all roots. Throws
   * `file-not-found` or `not-a-file` for what is no folder.
   */
  addRoots(roots: readonly string[], directory: string): Promise<readonly string[]>;
  /** Reads the config file again. Throws `config-invalid` for one that is not taken; then nothing changes. */
  reload(): Promise<ReloadResult>;
  /** Each setting's value and origin; secrets are not in it. */
  showConfig(): Readonly<Record<string, unknown>>;
  /** How pages in the browser become the owner's. */
  readonly pages: PageAccess;
  /** Where a browser of this machine finds the page, without a slash at the end; undefined: by no port. */
  readonly pageUrl: string | undefined;
  /** Why the server listens on no TCP port although it should. */
  readonly tcpProblem: string | undefined;
  readonly log: ServerLog;
  /** Where benchmarks and evaluations of this user are kept. */
  readonly stateFolder: string;
}

/** The server's own log. */
export interface ServerLog {
  /** The lines that are kept, the oldest first. */
  read(filter: LogFilter): Iterable<LogRecord>;
  /** Calls `listener` with each line as it is written; what it gives ends that. */
  follow(listener: (line: string) => void): () => void;
}

export interface ReloadResult {
  /** Names of the settings that have another value now. */
  readonly changed: readonly string[];
  /** What the config changes, and what keeps its value, or a part of it, until a restart. */
  readonly needsRestart: readonly string[];
  /** Why these have to wait, as sentences without their full stop. */
  readonly kept: readonly string[];
  readonly warnings: readonly string[];
}
