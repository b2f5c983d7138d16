import type { Caller } from "../access/caller.ts";
import { HearthError } from "../errors.ts";
import type { Session } from "./session.ts";
import type { SessionJournal, SessionRecord, SessionStore, StoredSession } from "./store.ts";

/** A session that there is, with its data or, one of an earlier process, without them yet. */
export interface Entry {
  readonly record: SessionRecord;
  readonly journal: SessionJournal;
  /** Seconds since the epoch. */
  lastAccessed: number;
  /** The last use that was noted on disk. */
  touched: number;
  session: Session | undefined;
  /** What is still to be read again. */
  readonly stored: StoredSession | undefined;
  loading: Promise<Session> | undefined;
  /** Variables that were missing when it was last loaded and not kept. */
  unsent: string;
}

/** A session without its data. */
export type KnownSession = Pick<Entry, "record" | "lastAccessed">;

export interface RegistryParts {
  readonly store: SessionStore;
  /** Where guests' relative paths start. */
  readonly guestBase: () => string | undefined;
  /** Told of the guests' sessions whenever one comes or goes. */
  readonly onGuestsChanged: (sessions: readonly KnownSession[], gone: readonly string[]) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Sessions of one kind of caller, and of one key. */
const MAX_SESSIONS = 100;

/** Seconds between two looks for sessions whose time is over, and between two notes of the last use on disk. */
const SWEEP_SECONDS = 60;

/** Which sessions there are, who sees them, and when they end. */
export class SessionRegistry {
  readonly #parts: RegistryParts;
  #entries: Map<string, Entry> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** What an earlier process left is looked at when the first session is asked for. */
  get #known(): Map<string, Entry> {
    if (this.#entries !== undefined) return this.#entries;
    const entries = this.#parts.store.load().map((stored): [string, Entry] => {
      const { record, journal, lastAccessed } = stored;
      const entry = { record, journal, lastAccessed, touched: lastAccessed, stored };
      return [record.id, { ...entry, session: undefined, loading: undefined, unsent: "" }];
    });
    this.#entries = new Map(entries);
    // Memory is given back also when nobody asks any more.
    this.#timer = setInterval(() => this.#sweep(), SWEEP_SECONDS * 1000);
    (this.#timer as { unref?: () => void }).unref?.();
    return this.#entries;
  }

  /** Bytes of memory of all that are loaded, roughly. */
  get bytes(): number {
    let bytes = 0;
    for (const { session } of this.#entries?.values() ?? []) bytes += session?.bytes ?? 0;
    return bytes;
  }

  get count(): number {
    return this.#entries?.size ?? 0;
  }

  /** Throws `sessions-full` when no more can be made by this kind of caller, with its key. @param made the one to come */
  checkRoom(made: Pick<SessionRecord, "holder" | "id" | "kind">): void {
    this.#sweep();
    const isCounted = ({ record }: Entry) =>
      record.kind === made.kind && record.holder === made.holder && record.id !== made.id;
    const count = [...this.#known.values()].filter(isCounted).length;
    if (count < MAX_SESSIONS) return;
    throw new HearthError("sessions-full", `There are ${count} sessions, and no more can be made`, {
      hint: "Delete those that are not needed.",
    });
  }

  /** Bytes of memory of a session, where there is one of this id and it is loaded. */
  bytesOf(id: string): number {
    return this.#known.get(id)?.session?.bytes ?? 0;
  }

  /** Adds a session that was just made; one of the same id has been replaced by it, its journal too. */
  add(session: Session, journal: SessionJournal): Entry {
    const { record } = session;
    const used = { lastAccessed: record.createdTime, touched: record.createdTime };
    const entry: Entry = {
      record,
      journal,
      ...used,
      session,
      stored: undefined,
      loading: undefined,
      unsent: "",
    };
    const replaced = this.#known.get(record.id);
    replaced?.journal.retire();
    this.#known.set(record.id, entry);
    if (record.kind === "guest") this.#tellGuests([]);
    else if (replaced?.record.kind === "guest") this.#tellGuests([record.id]);
    return entry;
  }

  /** All that a caller sees. */
  visible(caller: Caller): readonly Entry[] {
    this.#sweep();
    return [...this.#known.values()].filter((entry) => this.#isVisible(entry, caller));
  }

  // A guests' session of a server in another folder is that server's: its names would mean other files here.
  #isVisible({ record }: Entry, caller: Caller): boolean {
    if (record.kind === "owner") return caller.kind === "owner";
    if (record.base !== (this.#parts.guestBase() ?? null)) return false;
    const { holder } = record;
    if (caller.kind === "owner" || caller.key === undefined || holder === undefined) return true;
    return caller.key.isAdmin || caller.key.holder === holder;
  }

  /** Throws `session-unknown` for one that is not there, or is not this caller's to see. */
  find(id: string, caller: Caller): Entry {
    const entry = this.#known.get(id);
    if (entry !== undefined && this.#isOver(entry)) this.drop(entry);
    else if (entry !== undefined && this.#isVisible(entry, caller)) return entry;
    throw new HearthError("session-unknown", `Session not found: ${id.slice(0, 60)}`, {
      hint: "GET /api/sessions lists them; one that is not used for its timeout ends.",
    });
  }

  /** Notes the use of a session. */
  touch(entry: Entry): void {
    const now = this.#parts.now();
    entry.lastAccessed = now;
    if (now - entry.touched < SWEEP_SECONDS) return;
    entry.touched = now;
    entry.journal.touch(now);
  }

  drop(entry: Entry): void {
    this.#known.delete(entry.record.id);
    entry.journal.remove();
    if (entry.record.kind === "guest") this.#tellGuests([entry.record.id]);
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#entries === undefined) return;
    const entries = [...this.#entries.values()];
    for (const { journal, lastAccessed } of entries) journal.touch(lastAccessed);
    if (entries.some(({ record }) => record.kind === "guest")) this.#tellGuests([]);
    this.#entries = undefined;
    this.#parts.store.close();
  }

  #isOver({ record, lastAccessed }: Entry): boolean {
    return record.timeout > 0 && this.#parts.now() - lastAccessed > record.timeout;
  }

  #sweep(): void {
    for (const entry of this.#known.values()) if (this.#isOver(entry)) this.drop(entry);
  }

  #tellGuests(gone: readonly string[]): void {
    const guests = [...this.#known.values()].filter(({ record }) => record.kind === "guest");
    this.#parts.onGuestsChanged(guests, gone);
  }
}
