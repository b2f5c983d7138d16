import type { FileAccess, OpenedFile } from "../access/files.ts";
import type { ParquetFile } from "../engine/engine.ts";
import { HearthError } from "../errors.ts";
import { once } from "../once.ts";
import { openSource } from "./open-source.ts";
import { isRacy, sameStamp } from "./same-stamp.ts";
import type { DataSource } from "./source.ts";

/** A Parquet file held open for a query, so that it stays the same file. */
export interface HeldParquet extends ParquetFile {
  /** Throws `file-changed` when somebody has written to it. Another file in its place is no change: it is held. */
  check(): void;
  /** The query is over. */
  close(): void;
}

/** How many files stay open for a next query, and how long: as many and as long as the engine's warm databases. */
const MAX_KEPT = 4;
const KEPT_MS = 60_000;

interface Held {
  readonly file: OpenedFile;
  users: number;
  /** False: closed when its last user leaves. */
  isKept: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Opens Parquet files for queries to read where they lie. The last few stay open while they are unchanged: by that the
 * engine knows them again and need not prepare anew.
 */
export class HeldParquets {
  readonly #now: () => number;
  /** By real path, the last used at the end. */
  readonly #kept = new Map<string, Held>();

  /** @param now milliseconds since the epoch, by the clock of the file system's times */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Opens the file of a source, with the caller's right to it checked; undefined on a system where no other process can
   * be given an open file. Throws what `openSource` throws, and `data-empty`.
   */
  async open(source: DataSource, files: FileAccess): Promise<HeldParquet | undefined> {
    if (process.platform !== "linux") return undefined;
    const file = await openSource(source, { files, dependsOn: () => {} });
    const { shownPath, stamp } = file;
    if (stamp.size === 0) {
      file.close();
      throw new HearthError("data-empty", `"${shownPath}" is empty`);
    }
    const held = this.#holdOf(file);
    return {
      identity: held,
      parquet: { nativePath: held.file.nativePath, realPath: stamp.realPath },
      shownPath,
      close: once(() => this.#leave(held)),
      check() {
        if (held.file.isUnchanged()) return;
        throw new HearthError("file-changed", `"${shownPath}" changed while it was read`, {
          hint: "Try again when nobody writes to it.",
        });
      },
    };
  }

  /** Closes what is kept; what a query still reads is closed with it. */
  close(): void {
    for (const [path, held] of this.#kept) this.#drop(path, held);
  }

  #holdOf(file: OpenedFile): Held {
    const { stamp } = file;
    const kept = this.#kept.get(stamp.realPath);
    if (kept !== undefined && sameStamp(kept.file.stamp, stamp)) {
      file.close();
      clearTimeout(kept.timer);
      kept.users += 1;
      this.#kept.delete(stamp.realPath);
      this.#kept.set(stamp.realPath, kept);
      return kept;
    }
    if (kept !== undefined) this.#drop(stamp.realPath, kept);
    const held: Held = { file, users: 1, isKept: !isRacy(stamp, this.#now()), timer: undefined };
    if (held.isKept) this.#kept.set(stamp.realPath, held);
    const [oldest] = this.#kept;
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#drop(...oldest);
    return held;
  }

  #leave(held: Held): void {
    held.users -= 1;
    if (held.users > 0) return;
    if (!held.isKept) return held.file.close();
    held.timer = setTimeout(() => this.#drop(held.file.stamp.realPath, held), KEPT_MS);
    (held.timer as { unref?: () => void }).unref?.();
  }

  #drop(path: string, held: Held): void {
    this.#kept.delete(path);
    clearTimeout(held.timer);
    held.isKept = false;
    if (held.users === 0) held.file.close();
  }
}
