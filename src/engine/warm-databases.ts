import type { Database } from "./database.ts";
import type { LoadedTable } from "./load.ts";

/** A database whose tables are exactly these; nothing can change it, so requests share it. */
export interface WarmDatabase {
  readonly database: Database;
  readonly tables: readonly LoadedTable[];
  /** Makes queries quicker, at a cost that one query would not pay; gives the bytes that it took. Never fails. */
  readonly settle?: () => Promise<number>;
}

/** A table of a database: its name there, the object that it is known by, and its size. */
export interface NamedIdentity {
  readonly name: string;
  readonly identity: object;
  readonly bytes: number;
}

interface Entry {
  readonly given: readonly { readonly name: string; readonly identity: WeakRef<object> }[];
  bytes: number;
  readonly ready: Promise<WarmDatabase>;
  /** Done at the second use: who comes twice may come often. */
  settled: Promise<void> | undefined;
  users: number;
  isDropped: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** How long a database that nobody asks stays. */
const IDLE_MS = 60_000;
const MAX_DATABASES = 4;

/**
 * Keeps the databases of the last few sets of tables, so that a second query over the same tables (which are the very
 * same objects as long as the file cache holds them) does not load them again: 100,000 x 5 cells take 100 ms to load and 2
 * to query. Bounded in number, bytes and time; one in use is closed when its last user leaves.
 */
export class WarmDatabases {
  readonly #limitBytes: () => number;
  #entries: Entry[] = [];

  constructor(limitBytes: () => number) {
    this.#limitBytes = limitBytes;
  }

  /** The database of these tables, made by `make` unless it is warm. Call `release` once when done with it. */
  async take(
    given: readonly NamedIdentity[],
    make: () => Promise<WarmDatabase>,
  ): Promise<WarmDatabase & { release(): Promise<void> }> {
    const known = this.#find(given);
    const entry = known ?? this.#add(given, make);
    entry.users += 1;
    clearTimeout(entry.timer);
    // The last used stands at the end.
    this.#entries = [
      ...this.#entries.filter((other) => other !== entry),
      ...(entry.isDropped ? [] : [entry]),
    ];
    try {
      const made = await entry.ready;
      if (known !== undefined) await (entry.settled ??= settle(entry, made));
      return { ...made, release: () => this.#release(entry) };
    } catch (error) {
      entry.users -= 1;
      this.#drop(entry);
      throw error;
    }
  }

  /** Closes all of them; those in use when their last user leaves. */
  async close(): Promise<void> {
    const entries = this.#entries;
    for (const entry of entries) this.#drop(entry);
    await Promise.all(entries.filter(({ users }) => users === 0).map(closeEntry));
  }

  #find(given: readonly NamedIdentity[]): Entry | undefined {
    return this.#entries.find(
      (entry) =>
        entry.given.length === given.length &&
        entry.given.every(
          ({ name, identity }, i) => name === given[i]?.name && identity.deref() === given[i].identity,
        ),
    );
  }

  #add(given: readonly NamedIdentity[], make: () => Promise<WarmDatabase>): Entry {
    const bytes = given.reduce((sum, { bytes }) => sum + bytes, 0);
    const named = given.map(({ name, identity }) => ({ name, identity: new WeakRef(identity) }));
    const ready = make();
    const entry: Entry = {
      given: named,
      bytes,
      ready,
      settled: undefined,
      users: 0,
      isDropped: false,
      timer: undefined,
    };
    this.#entries.push(entry);
    return entry;
  }

  async #release(entry: Entry): Promise<void> {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (entry.isDropped) return closeEntry(entry);
    entry.timer = setTimeout(() => this.#forget(entry), IDLE_MS);
    (entry.timer as { unref?: () => void }).unref?.();
    await this.#shrink();
  }

  async #shrink(): Promise<void> {
    const size = () => this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.#entries.length > MAX_DATABASES || size() > this.#limitBytes()) {
      const oldest = this.#entries.find(({ users }) => users === 0);
      if (oldest === undefined) return;
      this.#drop(oldest);
      await closeEntry(oldest);
    }
  }

  #forget(entry: Entry): void {
    if (entry.users > 0 || entry.isDropped) return;
    this.#drop(entry);
    void closeEntry(entry);
  }

  #drop(entry: Entry): void {
    entry.isDropped = true;
    clearTimeout(entry.timer);
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}

async function settle(entry: Entry, { settle: work }: WarmDatabase): Promise<void> {
  entry.bytes += (await work?.()) ?? 0;
}

/** A database that could not be made needs no closing. */
async function closeEntry({ ready }: Entry): Promise<void> {
  const made = await ready.catch(() => undefined);
  await made?.database.close();
}
