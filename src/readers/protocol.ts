import type { FileStamp, FolderListing, PathOptions } from "../access/files.ts";
import type { DocumentKind } from "../data/isolated.ts";
import type { DataSource } from "../data/source.ts";
import type { Column, ColumnSchema } from "../data/table.ts";

/** What the server asks of a reader process, by name. Streams are numbers of a `Channel`. */
export interface ReadQuestion {
  readonly type: string;
  readonly source: DataSource;
  /** Bytes that the table may take. */
  readonly memoryLimitBytes: number;
  readonly maxCells: number;
}

/** A table: its rows come as a stream. */
export interface ReadAnswer {
  readonly schema: readonly ColumnSchema[];
  readonly stream: number;
  /** Where the table is in memory there. */
  readonly whole?: WholeTable;
}

/** A table in memory, so that its place can be made before its rows come. */
export interface WholeTable {
  readonly rows: number;
  readonly columns: readonly ColumnPlan[];
  /** The last column has the row labels. */
  readonly hasLabels: boolean;
}

export interface ColumnPlan {
  readonly kind: Column["kind"];
  readonly hasGaps: boolean;
  /** Bytes of all its texts. */
  readonly textBytes?: number;
  readonly isUnsigned?: boolean;
}

/** The document's bytes come with the question, its value with the answer. */
export interface ParseQuestion {
  readonly kind: DocumentKind;
  readonly shownName: string;
}

/** What a reader process asks of the server: the files as its caller may see them. */
export interface OpenFileQuestion {
  readonly path: string;
  readonly options?: PathOptions | undefined;
}

/** The file's first bytes come with the answer. */
export interface OpenFileAnswer {
  readonly file: number;
  readonly shownPath: string;
  readonly stamp: SentStamp;
  /** The first bytes are all. */
  readonly isWhole: boolean;
}

export interface ReadFileQuestion {
  readonly file: number;
  readonly position: number;
  readonly length: number;
}

export type ListAnswer = FolderListing;

/** JSON has no numbers of 64 bits. */
export type SentStamp = {
  readonly [K in keyof FileStamp]: FileStamp[K] extends bigint ? string : FileStamp[K];
};

export function sendStamp({ mtimeNs, ctimeNs, ino, dev, ...stamp }: FileStamp): SentStamp {
  return {
    ...stamp,
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
    ino: String(ino),
    dev: String(dev),
  };
}

export function receiveStamp({ mtimeNs, ctimeNs, ino, dev, ...stamp }: SentStamp): FileStamp {
  return {
    ...stamp,
    mtimeNs: BigInt(mtimeNs),
    ctimeNs: BigInt(ctimeNs),
    ino: BigInt(ino),
    dev: BigInt(dev),
  };
}
