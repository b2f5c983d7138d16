import type { FileStamp } from "../access/files.ts";
import type { Table } from "./table.ts";
import { sizeOf } from "./table-size.ts";

/** A table and what it was read from. */
export interface CacheEntry {
  readonly key: string;
  /** Every file that was read, the named one first. */
  readonly stamps: readonly FileStamp[];
  readonly table: Table;
  /** Hash of the named file's content, while a change could have left its stamp as it is; see `isRacy`. */
  hash: string | undefined;
}

export interface CacheStats {
  readonly entries: number;
  /** Bytes of tables and kept answers together, and the bound. */
  readonly bytes: number;
  readonly limit: number;
  readonly hits: number;
  readonly misses: number;
}

/** A serialised answer. */
export type MemoBytes = Uint8Array<ArrayBuffer>;

interface Slot {
  readonly entry: CacheEntry;
  /** Serialised answers by their own key. */
  readonly memos: Map<string, Uint8Array>;
  bytes: number;
}

/** Bytes that an entry takes beside its table: key, stamps, maps. */
const ENTRY_OVERHEAD = 1024;

/**
 * Tables by key, with the answers serialised from them, bounded in bytes: the least recently used go first. It compares
 * nothing itself: whoever asks checks the stamps and drops what is stale.
 */
export class TableCache {
  #limit: number;
  /** In order of use: a map keeps the order of insertion. */
  readonly #slots = new Map<string, Slot>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  /** @param limitBytes 0 keeps nothing */
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Changes the bound; what is too much goes at once. */
  resize(limitBytes: number): void {
    this.#limit = limitBytes;
    this.#evict();
  }

  /** What is kept under a key, without counting it as use. */
  peek(key: string): CacheEntry | undefined {
    return this.#slots.get(key)?.entry;
  }

  /** Counts a hit and makes the entry the last to go. */
  use(entry: CacheEntry): void {
    this.#hits += 1;
    const slot = this.#slots.get(entry.key);
    if (slot?.entry !== entry) return;
    this.#slots.delete(entry.key);
    this.#slots.set(entry.key, slot);
  }

  countMiss(): void {
    this.#misses += 1;
  }

  /** Keeps a table in place of what its key had; one larger than the bound is not kept. */
  keep(entry: CacheEntry): void {
    this.drop(entry.key);
    const bytes = sizeOf(entry.table) + ENTRY_OVERHEAD + 2 * entry.key.length;
    if (bytes > this.#limit) return;
    this.#slots.set(entry.key, { entry, memos: new Map(), bytes });
    this.#bytes += bytes;
    this.#evict();
  }

  drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#bytes -= slot.bytes;
  }

  /** Every entry, for a look at which files are gone. */
  entries(): CacheEntry[] {
    return Array.from(this.#slots.values(), (slot) => slot.entry);
  }

  /**
   * Bytes made from an entry's table: those kept under `key`, else those that `make` gives, at once or later, which are
   * kept as long as the entry is and they fit. They are shared: never change them.
   */
  memo<Made extends MemoBytes | Promise<MemoBytes>>(
    entry: CacheEntry,
    key: string,
    make: () => Made,
  ): MemoBytes | Made {
    const kept = this.#slots.get(entry.key)?.memos.get(key);
    if (kept !== undefined && this.peek(entry.key) === entry) return kept as MemoBytes;
    const made: MemoBytes | Promise<MemoBytes> = make();
    if (!(made instanceof Promise)) return this.#keepMemo(entry, key, made);
    return made.then((bytes) => this.#keepMemo(entry, key, bytes)) as Made;
  }

  #keepMemo(entry: CacheEntry, key: string, made: MemoBytes): MemoBytes {
    const slot = this.#slots.get(entry.key);
    if (slot?.entry !== entry || slot.memos.has(key)) return made;
    const bytes = made.buffer.byteLength + 2 * key.length + 128;
    if (slot.bytes + bytes > this.#limit) return made;
    slot.memos.set(key, made);
    slot.bytes += bytes;
    this.#bytes += bytes;
    this.#evict();
    return made;
  }

  #evict(): void {
    for (const key of this.#slots.keys()) {
      if (this.#bytes <= this.#limit) return;
      this.drop(key);
    }
  }

  stats(): CacheStats {
    const { size } = this.#slots;
    return { entries: size, bytes: this.#bytes, limit: this.#limit, hits: this.#hits, misses: this.#misses };
  }

  clear(): void {
    this.#slots.clear();
    this.#bytes = 0;
  }
}
