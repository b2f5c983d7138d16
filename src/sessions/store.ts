import type { Caller } from "../access/caller.ts";
import type { Cell } from "../data/table.ts";
import type { Focus } from "./frame.ts";

/** What makes a session, as its maker wrote it. */
export interface SessionRecord {
  /** A UUID. */
  readonly id: string;
  readonly interfaceFile: string;
  readonly directory: string;
  readonly interfaceField: string | null;
  /** Seconds after the last use; 0: never. */
  readonly timeout: number;
  /** Seconds since the epoch. */
  readonly createdTime: number;
  /** Who made it, and who sees it. */
  readonly kind: Caller["kind"];
  /** The key of the guest that made it, which alone sees it then; undefined: every guest does. */
  readonly holder?: string | undefined;
  /** Folder that relative names counted from: the owner's own, for guests the server's. */
  readonly base: string | null;
}

/** One step of a session: where it looks then, and what was written where. */
export interface Change {
  readonly focus: Focus;
  readonly write?: { readonly at: Focus; readonly value: Cell } | undefined;
  /** Columns that were saved to their files: what was written to them before is in the data now. */
  readonly saved?: readonly string[] | undefined;
}

/** The changes without the writes that were saved to files after them. */
export function withoutSaved(changes: readonly Change[]): Change[] {
  const saved = new Set<string | null>();
  const kept = changes.toReversed().filter(({ write, saved: columns = [] }) => {
    for (const column of columns) saved.add(column);
    return write === undefined || !saved.has(write.at.column);
  });
  return kept.toReversed();
}

/** The kept course of one session. */
export interface SessionJournal {
  /** Keeps changes, all or none of them. Throws what writing a file throws, such as `disk-full`. */
  append(changes: readonly Change[]): void;
  /** Notes the last use. @param seconds since the epoch */
  touch(seconds: number): void;
  /** The session was replaced by one of its id: keeps nothing more, and leaves the file to that. */
  retire(): void;
  remove(): void;
}

/** A session of an earlier process. */
export interface StoredSession {
  readonly record: SessionRecord;
  /** Seconds since the epoch, as far as it is known. */
  readonly lastAccessed: number;
  readonly journal: SessionJournal;
  /** All its changes, in their order. */
  changes(): readonly Change[];
}

/** Where sessions are kept. */
export interface SessionStore {
  /** Those that an earlier process left; called once. */
  load(): readonly StoredSession[];
  /** Begins the journal of a session; one of this id is replaced, or stays as it is where that fails. */
  create(record: SessionRecord): SessionJournal;
  /** Makes what was appended safe against a failure of the machine, and lets go of everything. */
  close(): void;
}

/** Keeps nothing: sessions end with the process. */
export const MEMORY_STORE: SessionStore = {
  load: () => [],
  create: () => ({ append() {}, touch() {}, retire() {}, remove() {} }),
  close() {},
};
