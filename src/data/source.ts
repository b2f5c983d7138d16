import type { FileAccess, FilePlace, FileStamp } from "../access/files.ts";
import type { InlineGuard } from "./inline-guard.ts";
import type { Cell, TableStream } from "./table.ts";

/** A data source as it stands in a request or an interface: `type` and that type's own parameters. */
export interface DataSource {
  readonly type: string;
  readonly filename?: string | undefined;
  readonly [parameter: string]: unknown;
}

/** What a reader may use while it reads. Nothing in it outlives the request. */
export interface ReadContext {
  readonly files: SourceFiles;
  /** Aborts when the caller goes away or time is up. */
  readonly signal: AbortSignal;
  /** Bytes that may be held in memory for one table; beyond it a reader streams or throws `data-too-large`. */
  readonly memoryLimit: number;
  /** Cells of a table that is held in memory; a stream may have `STREAM_FACTOR` times as many. */
  readonly maxCells: number;
  /** Reads another source, for types made of several; counts as read by the outer one. */
  readonly read: (source: DataSource) => Promise<TableStream>;
  /** Names a file that the result depends on; the result is cached only as long as each is unchanged. */
  readonly dependsOn: (stamp: FileStamp) => void;
  /** Says what may be parsed here; absent: everything. A reader asks it before it parses. */
  readonly guard?: InlineGuard;
}

/** The files as a reader sees them, in the server or in a process of its own. */
export type SourceFiles = Pick<FileAccess, "callerKey" | "open" | "stamp" | "list"> & {
  placeOf(realPath: string): FilePlace | Promise<FilePlace>;
};

/** One source type. A new type is one file in `src/data/readers/` and a line in its `index.ts`. */
export interface Reader {
  /** The `type` in a data source. */
  readonly type: string;
  /** Lower-case extensions with the dot that `auto` and the command line know it by. */
  readonly extensions: readonly string[];
  /** Content types of a request body that this reader takes. */
  readonly mediaTypes: readonly string[];
  /** Not one file is read, whatever `filename` says: it is made up, or of other sources, or of many files. */
  readonly readsNoFile?: boolean;
  /**
   * Where a server reads it: absent, in its own process; "always", in a reader process; "unless-harmless", in a reader
   * process unless `ReadContext.guard` lets it pass. For formats whose parsers can take any amount of memory or time.
   */
  readonly isolation?: "always" | "unless-harmless";
  /** The parameters this type knows, beside those that every type has. */
  readonly parameters: readonly string[];
  /**
   * The parameters checked, with defaults filled in, as plain JSON: with the file's stamp it identifies the result, so
   * it holds everything the result depends on. Undefined: the result is never cached (random data, for one).
   */
  options(source: DataSource): Readonly<Record<string, Cell>> | undefined;
  read(source: DataSource, context: ReadContext): Promise<TableStream>;
}
