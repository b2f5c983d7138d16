import type { FileAccess } from "../access/files.ts";
import { InlineGuard, NeedsReader } from "./inline-guard.ts";
import type { DataSource, Reader, ReadContext } from "./source.ts";
import type { Cell, TableStream } from "./table.ts";

/** What a text holds: a YAML document, or a text with YAML in its front matter. */
export type DocumentKind = "yaml" | "front-matter";

/** A document's bytes, and on whose behalf it is parsed. */
export interface DocumentBytes {
  readonly kind: DocumentKind;
  readonly bytes: Uint8Array;
  /** With its quotes. */
  readonly shownName: string;
  readonly signal: AbortSignal;
  readonly callerKey: FileAccess["callerKey"];
}

/**
 * Processes that read what may take any amount of memory or time. Both methods throw what the reader throws,
 * `data-too-large` when it takes too much memory, `read-timeout` when it takes too long, and `reader-unavailable`.
 */
export interface ReaderProcesses {
  /** As `Reader.read` of this type, in another process. */
  read(type: string, source: DataSource, context: ReadContext): Promise<TableStream>;
  /** The value of a YAML document; of a text its front matter, null when it has none. */
  parse(document: DocumentBytes): Promise<Cell>;
  /** How many processes there are, how many of them read, and how many reads wait. */
  counts(): { readonly running: number; readonly busy: number; readonly waiting: number };
  close(): Promise<void>;
}

/** Bytes of the largest JSON file that a server reads itself, where nothing else is set. */
export const INLINE_LIMIT_BYTES = 8_000_000;

/** Where a read takes place. */
export interface Isolation {
  /** Undefined: there are none, and everything is read here. */
  readonly processes: ReaderProcesses | undefined;
  /** Bytes of the largest JSON file that is read here. */
  readonly inlineLimitBytes: () => number;
}

/** True when a file of this size will be read in a reader process; what is only known from its content is left out. */
export function readsApart(
  reader: Reader,
  size: number,
  { processes, inlineLimitBytes }: Isolation,
): boolean {
  if (processes === undefined || reader.isolation === undefined) return false;
  return reader.isolation === "always" || (reader.type === "json" && size > inlineLimitBytes());
}

/** Reads a source: here if that is harmless, else in a reader process. */
export async function readIsolated(
  reader: Reader,
  source: DataSource,
  context: ReadContext,
  { processes, inlineLimitBytes }: Isolation,
): Promise<TableStream> {
  if (processes === undefined || reader.isolation === undefined) return reader.read(source, context);
  if (reader.isolation === "unless-harmless") {
    try {
      return await reader.read(source, { ...context, guard: new InlineGuard(inlineLimitBytes()) });
    } catch (error) {
      if (!(error instanceof NeedsReader)) throw error;
    }
  }
  return processes.read(reader.type, source, context);
}
