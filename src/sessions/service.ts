import { randomUUID } from "node:crypto";
import type { CellObject } from "../data/json-keys.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { parseEntries } from "../functions/entry.ts";
import { computeFrame, interfaceEntries } from "./compute-frame.ts";
import { frameTable } from "./frame-table.ts";
import { type LoaderParts, type NewSession, type SessionAccess, SessionLoader } from "./loader.ts";
import { sessionOperation } from "./operations.ts";
import { type Entry, type RegistryParts, SessionRegistry } from "./registry.ts";
import { type SaveResult, saveSession, type WriteTable } from "./save-session.ts";
import { Session, type SessionData } from "./session.ts";
import { describeSession, megabytes, type SessionInfo } from "./session-info.ts";
import type { SessionJournal, SessionRecord, StoredSession } from "./store.ts";

export type { NewSession, SessionAccess } from "./loader.ts";
export type { KnownSession } from "./registry.ts";

/** What sessions need of the rest of hearth. */
export interface SessionParts extends LoaderParts, RegistryParts {
  readonly writeTable: (table: Table, output: CellObject, access: SessionAccess) => ReturnType<WriteTable>;
  /** Bytes of all sessions together. */
  readonly memoryLimitBytes: () => number;
  readonly onNotice: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/**
 * Sessions: frames of interfaces, each with its focus, kept in memory and, change by change, in a store. Those of an
 * earlier process are loaded again when they are asked for. Guests see only guests' sessions, with a key only those of that
 * key; the owner sees all.
 *
 * Errors: `session-unknown`, `sessions-full`, `cell-unknown`, `cell-read-only`, `request-invalid`, and what loading an
 * interface and reading its data throw.
 */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #registry: SessionRegistry;
  readonly #loader: SessionLoader;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#registry = new SessionRegistry(parts);
    this.#loader = new SessionLoader(parts);
  }

  /**
   * Makes a session.
   *
   * @param id chosen by the owner's client, so that it may ask twice; one of that id is replaced
   */
  async create(
    request: NewSession,
    access: SessionAccess,
    id: string = randomUUID(),
  ): Promise<{ readonly session: SessionInfo; readonly warnings: readonly string[] }> {
    const { caller } = access;
    const { kind } = caller;
    const holder = caller.kind === "guest" ? caller.key?.holder : undefined;
    this.#registry.checkRoom({ kind, holder, id });
    const base = kind === "owner" ? caller.directory : (this.#parts.guestBase() ?? null);
    const made = { ...request, id, createdTime: this.#parts.now(), kind, base };
    const record = holder === undefined ? made : { ...made, holder };
    const { data } = await this.#loader.load(record, access);
    // Others may have been made meanwhile.
    this.#registry.checkRoom({ kind, holder, id });
    this.#checkMemory(data.bytes - this.#registry.bytesOf(id));
    const journal = this.#parts.store.create(record);
    const session = this.#sessionOf(record, data, journal);
    const entry = this.#registry.add(session, journal);
    return { session: this.#describe(entry, session, access), warnings: session.warnings };
  }

  /** All that this caller sees; those that can't be loaded any more are left out, and that is said. */
  async list(
    access: SessionAccess,
  ): Promise<{ readonly sessions: readonly SessionInfo[]; readonly warnings: readonly string[] }> {
    const sessions: SessionInfo[] = [];
    const warnings: string[] = [];
    for (const entry of this.#registry.visible(access.caller)) {
      try {
        sessions.push(this.#describe(entry, await this.#open(entry, access), access));
      } catch (error) {
        if (!(error instanceof HearthError)) throw error;
        warnings.push(error.message);
      }
    }
    return { sessions, warnings };
  }

  async get(id: string, access: SessionAccess): Promise<SessionInfo> {
    const { entry, session } = await this.#use(id, access);
    return this.#describe(entry, session, access);
  }

  /** Ends a session and forgets its changes. */
  remove(id: string, { caller }: Pick<SessionAccess, "caller">): void {
    this.#registry.drop(this.#registry.find(id, caller));
  }

  /**
   * Runs one of `SESSION_OPERATIONS`. Of a session that is in memory it gives the answer at once, so no other request can
   * come between.
   */
  run(
    id: string,
    operation: string,
    params: CellObject,
    access: SessionAccess,
  ): CellObject | Promise<CellObject> {
    const used = this.#use(id, access);
    const runOn = ({ session }: Used) => sessionOperation(operation, params).run(session, params);
    return used instanceof Promise ? used.then(runOn) : runOn(used);
  }

  /** Runs the given entries, or those of the interface, over all rows; gives how many cells were written. */
  async compute(
    id: string,
    entries: Cell | undefined,
    access: SessionAccess,
  ): Promise<{ readonly cells: number; readonly warnings: readonly string[] }> {
    const { entry, session } = await this.#use(id, access);
    const compute = await this.#parts.compute(access);
    const { groups, warnings } =
      entries === undefined
        ? interfaceEntries(await this.#loader.interfaceOf(entry.record, access), compute.find)
        : { groups: [parseEntries(entries, compute.find)], warnings: [] };
    let cells = 0;
    for (const group of groups) {
      const writes: Parameters<Session["writeAll"]>[0][number][] = [];
      await computeFrame(session.frame, session.focus.selector, group, compute, (at, value) => {
        writes.push({ at, value });
      });
      session.writeAll(writes);
      cells += writes.length;
    }
    return { cells, warnings };
  }

  /** Writes the sections that are outputs to their own files. */
  async save(
    id: string,
    sections: readonly string[] | undefined,
    access: SessionAccess,
  ): Promise<SaveResult> {
    const { entry, session } = await this.#use(id, access);
    const values = await this.#loader.interfaceOf(entry.record, access);
    const as = this.#loader.as(entry.record, access);
    return saveSession(session, values, sections, (table, output) =>
      this.#parts.writeTable(table, output, as),
    );
  }

  /** The joined frame as a table, the labels first. */
  async table(id: string, access: SessionAccess): Promise<Table> {
    const { session } = await this.#use(id, access);
    return frameTable(session.frame);
  }

  /** Of all callers. */
  stats(): { readonly count: number; readonly bytes: number } {
    return { count: this.#registry.count, bytes: this.#registry.bytes };
  }

  close(): void {
    this.#registry.close();
  }

  /** Finds a session and notes its use, also by an operation that fails. */
  #use(id: string, access: SessionAccess): Used | Promise<Used> {
    const entry = this.#registry.find(id, access.caller);
    this.#registry.touch(entry);
    if (entry.session !== undefined) return { entry, session: entry.session };
    return this.#open(entry, access).then((session) => ({ entry, session }));
  }

  #open(entry: Entry, access: SessionAccess): Promise<Session> {
    if (entry.session !== undefined) return Promise.resolve(entry.session);
    entry.loading ??= this.#reload(entry, access).finally(() => (entry.loading = undefined));
    return entry.loading;
  }

  /** Loads a session of an earlier process again and repeats its changes. It stays, should its interface be broken now. */
  async #reload(entry: Entry, access: SessionAccess): Promise<Session> {
    const { record, journal } = entry;
    try {
      const { data, unsent } = await this.#loader.load(record, access);
      const session = this.#sessionOf(record, data, journal);
      const lost = session.replay((entry.stored as StoredSession).changes());
      for (const reason of lost) this.#parts.onNotice(reason, { id: record.id });
      // The client is told which variables are missed and asks again with those it has: not with this data.
      if (unsent === entry.unsent) entry.session = session;
      entry.unsent = unsent;
      return session;
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      throw new HearthError(
        "session-unknown",
        `Session ${record.id} can't be loaded again: ${error.message}`,
        {
          hint: "It is tried again when it is asked for; delete it when it is not wanted any more.",
          cause: error,
        },
      );
    }
  }

  #sessionOf(record: SessionRecord, data: SessionData, journal: SessionJournal): Session {
    return new Session(record, data, journal, (more) => this.#checkMemory(more));
  }

  #describe(entry: Entry, session: Session, { caller }: SessionAccess): SessionInfo {
    return describeSession(session, entry.lastAccessed, this.#parts.now(), caller);
  }

  #checkMemory(more: number): void {
    const limit = this.#parts.memoryLimitBytes();
    if (this.#registry.bytes + more <= limit) return;
    throw new HearthError(
      "sessions-full",
      `All sessions together would take more than ${Math.floor(megabytes(limit))} MiB`,
      { hint: "Delete those that are not needed, or raise cacheLimit." },
    );
  }
}

interface Used {
  readonly entry: Entry;
  readonly session: Session;
}
