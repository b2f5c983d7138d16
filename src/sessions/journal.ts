import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoOf, fileFault } from "../access/file-fault.ts";
import { ensurePrivateFolder } from "../config/folders.ts";
import { HearthError } from "../errors.ts";
import { changeLine, foldChanges, parseChange, parseRecord, recordLine } from "./journal-lines.ts";
import type { Change, SessionJournal, SessionRecord, SessionStore, StoredSession } from "./store.ts";
import { SyncedDescriptor } from "./synced-descriptor.ts";

/** Told of what was lost or could not be kept, with details for a log. */
export type OnNotice = (message: string, details: Readonly<Record<string, unknown>>) => void;

/** Milliseconds until what was written is safe against a failure of the machine; a killed process loses nothing at all. */
const SYNC_MS = 50;

/** A journal this long, and four times as long as when it was last written anew, is written anew. */
const COMPACT_BYTES = 1 << 20;
const COMPACT_GROWTH = 4;

const SUFFIX = ".ndjson";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Sessions in a folder of our own: of each a file of JSON lines, first what made it, then its changes. A line is written
 * before the change is acknowledged; a torn last line is cut off, and that is said.
 *
 * @param folder absolute; made with mode 0700 when the first session is
 */
export function createJournalStore(folder: string, onNotice: OnNotice): SessionStore {
  const open = new Set<JournalFile>();
  const syncing = createSyncing(open);
  const fileFor = (id: string) => new JournalFile(join(folder, id + SUFFIX), open, syncing, onNotice);
  return {
    load: () => idsIn(folder).flatMap((id) => stored(id, folder, fileFor(id), onNotice)),
    create(record) {
      ensurePrivateFolder(folder);
      const file = fileFor(record.id);
      // One of this id is replaced as a whole: until then it is there, whatever fails.
      if (existsSync(join(folder, record.id + SUFFIX))) file.rewrite(record, []);
      else file.create(recordLine(record));
      syncFolder(folder);
      return file;
    },
    close() {
      syncing.stop();
      for (const file of open) file.close();
    },
  };
}

function idsIn(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .filter((id) => UUID.test(id));
}

/** Bytes in which a first line ends. */
const HEAD_BYTES = 64 * 1024;

/** Only what made the session is read now; its changes when it is asked for. */
function stored(id: string, folder: string, file: JournalFile, onNotice: OnNotice): readonly StoredSession[] {
  const path = join(folder, id + SUFFIX);
  const { lines } = wholeLines(readHead(path, HEAD_BYTES));
  const record = lines[0] === undefined ? undefined : parseRecord(lines[0]);
  if (record === undefined || record.id !== id) {
    onNotice("a session was never finished being made, or its journal is not readable; it is set aside", {
      id,
    });
    if (lines.length === 0) rmSync(path, { force: true });
    else renameSync(path, `${path}.damaged`);
    return [];
  }
  const changes = () => readChanges(path, record, file, onNotice);
  return [{ record, lastAccessed: statSync(path).mtimeMs / 1000, journal: file, changes }];
}

/** Reads the changes; what is damaged is cut off, and said. */
function readChanges(
  path: string,
  record: SessionRecord,
  file: JournalFile,
  onNotice: OnNotice,
): readonly Change[] {
  const { lines, tornBytes } = wholeLines(readFileSync(path));
  const changes = lines.slice(1).map(parseChange);
  const bad = changes.indexOf(undefined);
  if (bad < 0 && tornBytes === 0) return changes as Change[];
  const kept = (bad < 0 ? changes : changes.slice(0, bad)) as Change[];
  onNotice("the end of a session's journal was damaged and was cut off", {
    id: record.id,
    lostLines: changes.length - kept.length,
    lostBytes: tornBytes,
  });
  // Nobody is told that a line is kept before all of it is: only what comes behind damage in the middle is a loss.
  if (bad >= 0) renameSync(path, `${path}.damaged`);
  file.rewrite(record, kept);
  return kept;
}

function readHead(path: string, bytes: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const head = Buffer.alloc(bytes);
    return head.subarray(0, readSync(fd, head, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}

function wholeLines(bytes: Buffer): { readonly lines: readonly string[]; readonly tornBytes: number } {
  const end = bytes.lastIndexOf(0x0a) + 1;
  const text = bytes.subarray(0, end).toString();
  return { lines: text === "" ? [] : text.slice(0, -1).split("\n"), tornBytes: bytes.length - end };
}

/** One session's file; opened when it is first written to. */
class JournalFile implements SessionJournal {
  readonly #path: string;
  readonly #open: Set<JournalFile>;
  readonly #syncing: Syncing;
  readonly #onNotice: OnNotice;
  #file: SyncedDescriptor | undefined;
  #isRetired = false;
  #size = 0;
  #compactSize = 0;

  constructor(path: string, open: Set<JournalFile>, syncing: Syncing, onNotice: OnNotice) {
    this.#path = path;
    this.#open = open;
    this.#syncing = syncing;
    this.#onNotice = onNotice;
  }

  create(firstLine: string): void {
    this.#write(this.#openWith(constants.O_CREAT | constants.O_EXCL), firstLine);
  }

  append(changes: readonly Change[]): void {
    this.#write(this.#openWith(0), changes.map(changeLine).join(""));
    if (this.#size > Math.max(COMPACT_BYTES, COMPACT_GROWTH * this.#compactSize)) this.#compact();
  }

  touch(seconds: number): void {
    try {
      futimesSync(this.#openWith(0).fd, seconds, seconds);
    } catch {
      // The session only ends a little early.
    }
  }

  retire(): void {
    this.close();
    this.#isRetired = true;
  }

  remove(): void {
    this.retire();
    rmSync(this.#path, { force: true });
  }

  /** Writes the whole file anew, so that at any moment it is there as a whole. */
  rewrite(record: SessionRecord, changes: readonly Change[]): void {
    this.close();
    const temporary = `${this.#path}.new`;
    rmSync(temporary, { force: true });
    const fd = openSync(temporary, NEW_FILE, 0o600);
    try {
      writeAll(fd, Buffer.from(recordLine(record) + changes.map(changeLine).join("")));
      fsyncSync(fd);
      renameSync(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw journalFault(error);
    } finally {
      closeSync(fd);
    }
  }

  sync(): void {
    const file = this.#file;
    file?.sync((error) => {
      if (error !== undefined) {
        // It is tried again with the next change, and when the file is closed.
        this.#onNotice("a session's journal could not be synced to disk", { reason: error.message });
      } else if (file.isUnsafe) this.#syncing.soon();
    });
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#open.delete(this);
  }

  #openWith(flags: number): SyncedDescriptor {
    if (this.#file !== undefined) return this.#file;
    if (this.#isRetired) throw new HearthError("session-unknown", "The session was deleted or replaced");
    try {
      this.#file = new SyncedDescriptor(openSync(this.#path, APPEND | flags, 0o600));
    } catch (error) {
      throw journalFault(error);
    }
    this.#size = fstatSync(this.#file.fd).size;
    this.#compactSize = this.#size;
    this.#open.add(this);
    return this.#file;
  }

  #write(file: SyncedDescriptor, text: string): void {
    const { fd } = file;
    const bytes = Buffer.from(text);
    try {
      writeAll(fd, bytes);
    } catch (error) {
      // All or nothing: a part of the lines must not be found later.
      ftruncateSync(fd, this.#size);
      throw journalFault(error);
    }
    this.#size += bytes.length;
    file.wrote();
    this.#syncing.soon();
  }

  #compact(): void {
    const { lines } = wholeLines(readFileSync(this.#path));
    const record = parseRecord(lines[0] ?? "");
    const changes = lines.slice(1).map(parseChange);
    if (record === undefined || changes.includes(undefined)) return;
    this.rewrite(record, foldChanges(changes as Change[]));
    this.#openWith(0);
  }
}

function journalFault(cause: unknown): HearthError {
  return fileFault(errnoOf(cause), "the session's journal", "write", { cause });
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface Syncing {
  /** Within `SYNC_MS` everything written by now is safe. */
  soon(): void;
  stop(): void;
}

/** One timer for all files: what many requests write in that time costs one sync. */
function createSyncing(files: ReadonlySet<JournalFile>): Syncing {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const file of files) file.sync();
      }, SYNC_MS);
      (timer as { unref?: () => void }).unref?.();
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
