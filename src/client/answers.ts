import type { SaveResult } from "../sessions/save-session.ts";
import type { SessionInfo } from "../sessions/session-info.ts";

/** A table as hearth's JSON endpoints give it. */
export interface TableAnswer<R = Readonly<Record<string, unknown>>> {
  readonly records: readonly R[];
  /** In the table's order; a number where the source has no header. */
  readonly columns: readonly (string | number)[];
  /** Rows and columns. */
  readonly shape: readonly [number, number];
  /** pandas' names, by column. */
  readonly dtypes: Readonly<Record<string, string>>;
}

/** hearth's own part of health and status. */
export interface HearthFacts {
  readonly version: string;
  readonly runtime: string;
  readonly instance?: string;
  readonly config?: string | null;
  readonly directory?: string;
  readonly [more: string]: unknown;
}

export interface PingAnswer {
  readonly status: "ok";
  readonly message: string;
}

export interface HealthAnswer {
  readonly status: string;
  readonly server: string;
  readonly version: string;
  readonly hearth: HearthFacts;
}

export interface StatusAnswer extends HealthAnswer {
  readonly pid: number;
  readonly uptime_seconds: number;
  readonly idle_timeout:
    | { readonly enabled: false }
    | {
        readonly enabled: true;
        readonly timeout_seconds: number;
        readonly idle_seconds: number;
        readonly remaining_seconds: number;
      };
  readonly memory?: { readonly rss_mb: number; readonly percent?: number };
  readonly [more: string]: unknown;
}

/** Fields by name; those that nobody has are under `missing`. */
export interface FieldsAnswer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
  readonly warnings?: readonly string[];
}

export interface InterfaceCheckAnswer {
  /** Every file that was read, its own first. */
  readonly files: readonly string[];
  readonly sections: readonly { readonly name: string; readonly type: string }[];
  readonly problems: readonly string[];
}

/** An operation of compute, or a function of one row's values or of a table. */
export interface OperationFacts {
  readonly name: string;
  readonly summary: string;
  readonly kind: "operation" | "row function" | "table function";
  /** Where a function comes from that is none of hearth's own. */
  readonly origin?: string;
  /** What each parameter is. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of a function: what each of its arguments is. */
  readonly arguments?: Readonly<Record<string, string>>;
}

/** All of them, and which modules of functions could not be loaded. */
export interface OperationsAnswer {
  readonly operations: readonly OperationFacts[];
  readonly warnings?: readonly string[];
}

/** A session as it is told of. */
export type SessionFacts = SessionInfo;

/** What was written to files, and what was not. */
export type SaveAnswer = SaveResult;

export interface WriteAnswer {
  /** Such as "Wrote 3 records". */
  readonly message: string;
  readonly rows: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly warnings?: readonly string[];
}
