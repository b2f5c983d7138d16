import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { createLineSplitter, openIfThere, parseLogLine, passes } from "./read-log.ts";
import type { LogFilter, LogRecord } from "./read-log.ts";

const POLL_MS = 200;
const CHUNK_BYTES = 64 * 1024;

export interface FollowOptions extends LogFilter {
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** True: only what is written from now on. False: the lines of the current file first. */
  readonly fromEnd: boolean;
}

/**
 * Gives lines as they are written, until `signal` aborts; it outlives rotation, truncation, and a file that does not exist
 * yet. Polls, since a watched file that was replaced by a rename is lost on every runtime.
 */
export async function* followLog(path: string, options: FollowOptions): AsyncGenerator<LogRecord> {
  const tail = createTail(path, options.fromEnd);
  try {
    while (!options.signal.aborted) {
      for (const line of tail.readNew()) {
        const record = parseLogLine(line);
        if (record !== undefined && passes(record, options)) yield record;
      }
      await pause(POLL_MS, options.signal);
    }
  } finally {
    tail.close();
  }
}

interface Tail {
  /** The whole lines that came since the last call. */
  readNew(): Generator<string>;
  close(): void;
}

function createTail(path: string, fromEnd: boolean): Tail {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let fd = openIfThere(path);
  let position = fd !== undefined && fromEnd ? fstatSync(fd).size : 0;
  let split = createLineSplitter();

  function reopen(file: string): void {
    if (fd !== undefined) closeSync(fd);
    fd = openIfThere(file);
    position = 0;
    split = createLineSplitter();
  }

  function* readToEnd(): Generator<string> {
    if (fd === undefined) return;
    if (fstatSync(fd).size < position) {
      position = 0;
      split = createLineSplitter();
    }
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, position);
      if (count === 0) return;
      position += count;
      yield* split(buffer.subarray(0, count));
    }
  }

  return {
    *readNew() {
      yield* readToEnd();
      const now = statSync(path, { throwIfNoEntry: false });
      if (now === undefined || (fd !== undefined && fstatSync(fd).ino === now.ino)) return;
      // Another file stands there now. The old one may have got its last lines after we read it.
      yield* readToEnd();
      // Much may have been written since the last look: then a whole file came, and is the older one by now.
      if (fd !== undefined && isLater(`${path}.1`, fd)) {
        reopen(`${path}.1`);
        yield* readToEnd();
      }
      reopen(path);
      yield* readToEnd();
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

/** True for a file that was written to after the open one was. */
function isLater(path: string, fd: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const open = fstatSync(fd);
  return there !== undefined && there.ino !== open.ino && there.mtimeMs > open.mtimeMs;
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
