import type { Cell } from "../data/table.ts";
import type { Focus, SessionFrame } from "./frame.ts";
import { labelKey } from "./label.ts";
import { cellBytes } from "./parts.ts";
import { type Change, type SessionJournal, type SessionRecord, withoutSaved } from "./store.ts";

/** What a session's frame was made of. */
export interface SessionData {
  readonly frame: SessionFrame;
  readonly focus: Focus;
  /** Of its tables. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/** A session with its frame in memory: it is looked at and changed here, each change kept before it is made. */
export class Session {
  readonly record: SessionRecord;
  readonly frame: SessionFrame;
  readonly warnings: readonly string[];
  readonly #journal: SessionJournal;
  readonly #mayGrow: (bytes: number) => void;
  /** Where changes are put that are made while a section is saved. */
  readonly #recorders = new Set<Change[]>();
  #focus: Focus;
  #bytes: number;

  /** @param mayGrow throws when all sessions together would have too many bytes with so many more */
  constructor(
    record: SessionRecord,
    data: SessionData,
    journal: SessionJournal,
    mayGrow: (bytes: number) => void,
  ) {
    this.record = record;
    this.frame = data.frame;
    this.warnings = data.warnings;
    this.#journal = journal;
    this.#mayGrow = mayGrow;
    this.#focus = data.focus;
    this.#bytes = data.bytes;
  }

  get focus(): Focus {
    return this.#focus;
  }

  /** Bytes of memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Moves the focus. Throws `cell-unknown`, and what keeping it throws: then nothing has changed. */
  move(to: Partial<Focus>): void {
    const focus = this.frame.moved(this.#focus, to);
    this.#journal.append([{ focus }]);
    this.#focus = focus;
  }

  /**
   * The value at the focus, or at another place; the focus stays, but from then on it keeps a subindex that was looked
   * up. Throws `cell-unknown`.
   */
  read(place: Partial<Focus> = {}): Cell {
    const at = this.frame.moved(this.#focus, place);
    const isSettled = at.subindex !== null || !this.frame.isAmbiguous(at);
    const settled = isSettled ? at : this.frame.settled(at);
    const value = this.frame.valueAt(settled);
    this.#focus = { ...this.#focus, subindex: settled.subindex };
    return value;
  }

  /** The selector's value in the row that is meant; the focus keeps it. Throws `cell-unknown`. */
  subindex(): Cell {
    this.#focus = this.frame.settled(this.#focus);
    return this.#focus.subindex;
  }

  /** Writes to the focus. Throws `cell-read-only`, `cell-unknown`, and what keeping it throws. */
  write(value: Cell): void {
    this.frame.checkWritable(this.#focus);
    this.writeAll([{ at: this.#focus, value }]);
  }

  /** Writes to another place; the focus stays. Throws as `write`. */
  writeAt(place: Partial<Focus>, value: Cell): void {
    const at = this.frame.moved(this.#focus, place);
    this.frame.checkWritable(at);
    this.writeAll([{ at, value }]);
  }

  /** Writes several cells, all or none; each was checked. The focus stays, but follows a row that is named anew. */
  writeAll(writes: readonly { readonly at: Focus; readonly value: Cell }[]): void {
    if (writes.length === 0) return;
    const renamed = new Map<string, Cell>();
    const changes = writes.map(({ at, value }): Change => {
      const isFocus = at === this.#focus;
      const renames = isFocus && at.subindex !== null && at.column === at.selector;
      return {
        focus: renames ? { ...this.#focus, subindex: value } : this.#focus,
        write: { at: this.#address(at, value, renamed), value },
      };
    });
    this.#mayGrow(writes.reduce((sum, { value }) => sum + cellBytes(value), 0));
    this.#journal.append(changes);
    for (const recorder of this.#recorders) recorder.push(...changes);
    for (const { at, value } of writes) this.#bytes += this.frame.write(at, value);
    this.#focus = (changes.at(-1) as Change).focus;
  }

  /**
   * Saves columns to their file; from then on the file has what was written to them before.
   *
   * @param save takes the columns' cells before it first waits
   */
  async saving<T>(columns: readonly string[], save: () => Promise<T>): Promise<T> {
    const since: Change[] = [];
    this.#recorders.add(since);
    try {
      const result = await save();
      this.#journal.append([{ focus: this.#focus, saved: columns }, ...since]);
      return result;
    } finally {
      this.#recorders.delete(since);
    }
  }

  /**
   * Where a value is written, as it can be found again when more rows are there. Only a cell of a series is told by
   * selector and subindex too.
   *
   * @param renamed subindices that the last rows of labels have by writes before this one
   */
  #address(at: Focus, value: Cell, renamed: Map<string, Cell>): Focus {
    const part = at.column === null ? undefined : this.frame.partOf(at.column);
    if (part?.kind !== "series") return { ...at, selector: null, subindex: null };
    if (at.subindex !== null) return at;
    const key = labelKey(at.index);
    const subindex = renamed.get(key) ?? this.frame.lastSubindex(at);
    if (at.column === at.selector) renamed.set(key, value);
    return { ...at, subindex };
  }

  /**
   * Repeats the changes of an earlier process over data that was read anew. Gives what has no place there any more, in
   * words.
   */
  replay(changes: readonly Change[]): readonly string[] {
    const lost = new Map<string | null, number>();
    for (const { write } of withoutSaved(changes)) {
      if (write === undefined) continue;
      const { at, value } = write;
      if (this.#canWrite(at)) this.#bytes += this.frame.write(at, value);
      else lost.set(at.column, (lost.get(at.column) ?? 0) + 1);
    }
    const last = changes.at(-1);
    if (last !== undefined) this.#focus = this.#nearest(last.focus);
    return [...lost].map(
      ([column, count]) => `${count} values written to column "${column}" have no place in the data any more`,
    );
  }

  #canWrite(at: Focus): boolean {
    try {
      this.frame.moved(this.#focus, { index: at.index, column: at.column });
      this.frame.checkWritable(at);
      return true;
    } catch {
      return false;
    }
  }

  /** As much of a focus as is still there. */
  #nearest(focus: Focus): Focus {
    const steps: Partial<Focus>[] = [
      { index: focus.index },
      { column: focus.column },
      { selector: focus.selector },
    ];
    let reached = this.#focus;
    for (const step of steps) {
      try {
        reached = this.frame.moved(reached, step);
      } catch {
        // It is gone; the focus stays at the start in this respect.
      }
    }
    const isSame = reached.selector === focus.selector;
    return isSame ? { ...reached, subindex: focus.subindex } : reached;
  }
}
