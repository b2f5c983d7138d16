import { lstatSync } from "node:fs";
import type { FileAccess, FileStamp, PathOptions } from "../access/files.ts";
import { HearthError } from "../errors.ts";
import { placeLost, RevocableSlots } from "../revocable-slots.ts";
import { Slots } from "../slots.ts";
import type { CacheEntry, TableCache } from "./cache.ts";
import { DEFAULT_MAX_CELLS } from "./cell-limit.ts";
import { collectWithin } from "./columns.ts";
import { hashContent } from "./content-hash.ts";
import { type Isolation, readIsolated, readsApart } from "./isolated.ts";
import { isRacy, sameStamp } from "./same-stamp.ts";
import { SingleFlight } from "./single-flight.ts";
import type { DataSource, Reader, ReadContext } from "./source.ts";
import type { Table, TableStream } from "./table.ts";

/** A read of one named file, checked and with its reader. */
export interface FileRequest {
  readonly source: DataSource;
  readonly reader: Reader;
  /** The reader's options as text: what the result depends on beside the files; undefined: not to be kept. */
  readonly optionsKey: string | undefined;
  readonly filename: string;
  readonly place: PathOptions;
  readonly files: FileAccess;
  readonly signal: AbortSignal;
  /** For sources made of several. */
  readonly read: ReadContext["read"];
}

/** What a read gives: a table in memory, or a stream when it is too large for that. */
export type FileResult =
  | { readonly entry: CacheEntry; readonly stream: undefined }
  | { readonly entry: undefined; readonly stream: TableStream };

export interface FileTablesOptions {
  /** Bytes that one table may take. */
  readonly memoryLimitBytes: number;
  /** Milliseconds since the epoch, by the clock of the file system's times. */
  readonly now: () => number;
  /** Where files are read. */
  readonly isolation: Isolation;
}

/** Files from here on are parsed by a few at a time only. */
const LARGE_BYTES = 8 * 2 ** 20;

const LARGE_AT_ONCE = 2;
/** Streams that read at the same moment. */
const STREAMS_AT_ONCE = 8;

/** Streams that are open, most of which wait for their readers. */
const OPEN_STREAMS = 32;

const MAX_WAITING = 256;

/** How often a file that was written or replaced while it was read is read before that is an error. */
const ATTEMPTS = 4;

/** Milliseconds between two looks for deleted files. */
const SWEEP_MS = 1000;

/**
 * Reads files into tables, each content once: kept in the cache, never stale, read once for all who ask at the same
 * moment. Every caller's right to the file is checked before anything is answered, also from the cache.
 */
export class FileTables {
  readonly cache: TableCache;
  memoryLimitBytes: number;
  /** Cells of a table that is held. */
  maxCells = DEFAULT_MAX_CELLS;
  readonly #now: () => number;
  readonly #isolation: Isolation;
  readonly #loads = new SingleFlight<CacheEntry | undefined>();
  readonly #largeSlots = new Slots(LARGE_AT_ONCE, "large reads", MAX_WAITING);
  readonly #streamSlots = new Slots(STREAMS_AT_ONCE, "large reads", MAX_WAITING);
  readonly #openStreams = new RevocableSlots({
    count: OPEN_STREAMS,
    what: "large reads",
    maxWaiting: MAX_WAITING,
  });
  #sweptMs = 0;

  constructor(cache: TableCache, { memoryLimitBytes, now, isolation }: FileTablesOptions) {
    this.cache = cache;
    this.memoryLimitBytes = memoryLimitBytes;
    this.#now = now;
    this.#isolation = isolation;
  }

  /**
   * The table of a file, from the cache when it is unchanged. Throws what the file access and the reader throw, and
   * `file-changed` when the file changes at every attempt to read it.
   */
  async read(request: FileRequest): Promise<FileResult> {
    const stamp = await this.#stamp(request);
    const key = `${request.reader.type}\0${request.optionsKey}\0${stamp.realPath}`;
    const kept = this.cache.peek(key);
    if (kept !== undefined) {
      if (await this.#isFresh(kept, stamp, request)) {
        this.cache.use(kept);
        return { entry: kept, stream: undefined };
      }
      if (this.cache.peek(key) === kept) this.cache.drop(key);
    }
    this.cache.countMiss();
    const entry = stamp.size > this.memoryLimitBytes ? undefined : await this.#load(request, key, stamp);
    if (entry !== undefined) return { entry, stream: undefined };
    return { entry: undefined, stream: await this.#stream(request, stamp.size) };
  }

  async #stamp({ files, filename, place }: FileRequest): Promise<FileStamp> {
    try {
      return await files.stamp(filename, place);
    } catch (error) {
      if (error instanceof HearthError && error.code === "file-not-found") this.#sweep();
      throw error;
    }
  }

  async #isFresh(entry: CacheEntry, stamp: FileStamp, request: FileRequest): Promise<boolean> {
    const [named, ...others] = entry.stamps;
    if (named === undefined || !sameStamp(named, stamp)) return false;
    if (others.length > 0 && !(await areUnchanged(others, request))) return false;
    return entry.hash === undefined || this.#hasSameContent(entry, stamp, request);
  }

  /** For a file that changed shortly before it was read: its stamp alone proves nothing. */
  async #hasSameContent(entry: CacheEntry, stamp: FileStamp, request: FileRequest): Promise<boolean> {
    const { files, filename, place } = request;
    const startMs = this.#now();
    const hash = await hashContent(files, filename, place, stamp);
    if (hash === undefined || hash !== entry.hash) return false;
    if (!sameStamp(stamp, await files.stamp(filename, place))) return false;
    // From now on a change would show in the stamp.
    if (!isRacy(stamp, startMs)) entry.hash = undefined;
    return true;
  }

  async #load(request: FileRequest, key: string, stamp: FileStamp): Promise<CacheEntry | undefined> {
    if (request.optionsKey === undefined) return this.#loadAlone(request, key, stamp.size);
    const version = `${stamp.size} ${stamp.mtimeNs} ${stamp.ctimeNs} ${stamp.ino} ${stamp.dev}`;
    const flightKey = `${key}\0${version}`;
    const isJoining = this.#loads.has(flightKey);
    const entry = await this.#loads.run(flightKey, request.signal, (signal) =>
      this.#loadAlone({ ...request, signal }, key, stamp.size),
    );
    // Who joins a read that began earlier must not miss a change in between that the stamp does not show.
    const isDoubtful = isJoining && entry?.hash !== undefined;
    if (!isDoubtful || (await this.#hasSameContent(entry, stamp, request))) return entry;
    return this.#loadAlone(request, key, stamp.size);
  }

  async #loadAlone(request: FileRequest, key: string, size: number): Promise<CacheEntry | undefined> {
    // Reader processes have a queue of their own.
    const isFree = size < LARGE_BYTES || readsApart(request.reader, size, this.#isolation);
    const free = isFree ? undefined : await this.#largeSlots.take(request.signal);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const outcome = await this.#attempt(request, key);
        if (outcome !== "changed") return outcome;
      }
      throw changed(request.filename);
    } finally {
      free?.();
    }
  }

  /** Reads between two looks at the stamp; undefined when the table is too large for memory. */
  async #attempt(request: FileRequest, key: string): Promise<CacheEntry | undefined | "changed"> {
    const { files, filename, place, reader, source } = request;
    const stamp = await files.stamp(filename, place);
    const racy = isRacy(stamp, this.#now());
    // Before reading, not after: should the content change in between, the hash is the older one and finds it out.
    const hash = racy ? await hashContent(files, filename, place, stamp) : undefined;
    const stamps = [stamp];
    const context = this.#context(request, stamps);
    let table: Table | undefined;
    try {
      table = await collectWithin(
        await readIsolated(reader, source, context, this.#isolation),
        this.memoryLimitBytes,
      );
    } catch (error) {
      if (await areUnchanged(stamps, request, filename)) throw error;
      return "changed";
    }
    if (!(await areUnchanged(stamps, request, filename))) return "changed";
    if (table === undefined) return undefined;
    const entry: CacheEntry = { key, stamps, table, hash };
    const isProvable =
      (!racy || hash !== undefined) && stamps.slice(1).every((other) => !isRacy(other, this.#now()));
    if (request.optionsKey !== undefined && isProvable) this.#keep(entry);
    return entry;
  }

  #keep(entry: CacheEntry): void {
    this.cache.keep(entry);
    if (this.#now() - this.#sweptMs > 30 * SWEEP_MS) this.#sweep();
  }

  /** A context that adds to `stamps` what the reader depends on. */
  #context({ files, signal, read }: FileRequest, stamps: FileStamp[]): ReadContext {
    const dependsOn = (stamp: FileStamp) => {
      if (!stamps.some((known) => sameStamp(known, stamp))) stamps.push(stamp);
    };
    return { files, signal, memoryLimit: this.memoryLimitBytes, maxCells: this.maxCells, read, dependsOn };
  }

  async #stream(request: FileRequest, size: number): Promise<TableStream> {
    const { files, filename, place, reader, source, signal } = request;
    const isApart = readsApart(reader, size, this.#isolation);
    const free = isApart ? undefined : await this.#largeSlots.take(signal);
    try {
      const stamp = await files.stamp(filename, place);
      const stream = await readIsolated(reader, source, this.#context(request, [stamp]), this.#isolation);
      return { schema: stream.schema, batches: this.#guarded(stream.batches, request, stamp) };
    } finally {
      free?.();
    }
  }

  /** Ends with `file-changed` instead of cleanly when the file is another at the end. */
  async *#guarded(
    batches: AsyncIterable<Table>,
    request: FileRequest,
    stamp: FileStamp,
  ): AsyncGenerator<Table> {
    const iterator = batches[Symbol.asyncIterator]();
    const close = async () => void (await iterator.return?.());
    const place = await this.#openStreams.take(request.signal, () => void close().catch(() => {}));
    try {
      for (;;) {
        const step = await this.#step(iterator, request.signal);
        if (step.done === true) break;
        place.pause();
        yield step.value;
        if (place.isRevoked) throw placeLost();
        place.resume();
      }
      if (!(await areUnchanged([stamp], request, request.filename))) throw changed(request.filename);
    } finally {
      place.free();
      await close();
    }
  }

  /** Reads on in a place that is held while it reads, not while the batch is on its way to a slow reader. */
  async #step(iterator: AsyncIterator<Table>, signal: AbortSignal): Promise<IteratorResult<Table>> {
    const free = await this.#streamSlots.take(signal);
    try {
      return await iterator.next();
    } finally {
      free();
    }
  }

  /** Drops what was read from files that are gone. */
  #sweep(): void {
    const nowMs = this.#now();
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const { key, stamps } of this.cache.entries()) {
      if (stamps.some(({ realPath }) => lstatSync(realPath, { throwIfNoEntry: false }) === undefined)) {
        this.cache.drop(key);
      }
    }
  }

  close(): void {
    const reason = new HearthError("server-stopping", "The server is stopping");
    this.#loads.close(reason);
    this.cache.clear();
  }
}

/**
 * True when every file is as its stamp says, for this caller too.
 *
 * @param named the first stamp's file as the request names it; without it all are looked up by their real path
 */
async function areUnchanged(
  stamps: readonly FileStamp[],
  request: FileRequest,
  named?: string,
): Promise<boolean> {
  const { allowedRoots } = request.place;
  for (const [position, stamp] of stamps.entries()) {
    const isNamed = position === 0 && named !== undefined;
    const path = isNamed ? named : stamp.realPath;
    const place = isNamed ? request.place : { allowedRoots };
    const present = await request.files.stamp(path, place).catch(ifGone);
    if (present === undefined || !sameStamp(present, stamp)) return false;
  }
  return true;
}

function ifGone(error: unknown): undefined {
  if (error instanceof HearthError) return undefined;
  throw error;
}

function changed(filename: string): HearthError {
  return new HearthError("file-changed", `"${filename}" changed while it was read`, {
    hint: "Try again when nobody writes to it.",
  });
}
