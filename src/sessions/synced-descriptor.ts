import { closeSync, fdatasync, fsyncSync } from "node:fs";

/** What of `node:fs` syncing and closing needs. */
export interface DescriptorCalls {
  readonly fdatasync: (fd: number, done: (error: Error | null) => void) => void;
  readonly fsyncSync: (fd: number) => void;
  readonly closeSync: (fd: number) => void;
}

/**
 * An open file whose writes are synced in the background. The descriptor stays open until no sync uses it, since its
 * number may belong to another file afterwards; what a running sync has not confirmed counts as not synced.
 */
export class SyncedDescriptor {
  readonly fd: number;
  readonly #calls: DescriptorCalls;
  /** Something was written since the last sync began. */
  #isDirty = false;
  #isSyncing = false;
  #isClosed = false;

  constructor(fd: number, calls: DescriptorCalls = { closeSync, fdatasync, fsyncSync }) {
    this.fd = fd;
    this.#calls = calls;
  }

  /** Something was written. */
  wrote(): void {
    this.#isDirty = true;
  }

  /**
   * Begins to sync what was written, unless nothing was or a sync runs.
   *
   * @param onEnd called when it has ended; with the error where what was written is still not safe
   */
  sync(onEnd: (error: Error | undefined) => void): void {
    if (!this.#isDirty || this.#isSyncing || this.#isClosed) return;
    this.#isDirty = false;
    this.#isSyncing = true;
    this.#calls.fdatasync(this.fd, (error) => {
      this.#isSyncing = false;
      if (this.#isClosed) return this.#calls.closeSync(this.fd);
      if (error !== null) this.#isDirty = true;
      onEnd(error ?? undefined);
    });
  }

  /** Something was written that no sync has confirmed. */
  get isUnsafe(): boolean {
    return this.#isDirty || this.#isSyncing;
  }

  /** Syncs what no sync has confirmed, and closes: now, or when the running sync has ended. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.isUnsafe) this.#calls.fsyncSync(this.fd);
    } catch {
      // What the kernel has is as safe as it can be made.
    }
    if (!this.#isSyncing) this.#calls.closeSync(this.fd);
  }
}
