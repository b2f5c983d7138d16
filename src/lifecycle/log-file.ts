import { closeSync, fstatSync, lstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";

const BATCH_CHARACTERS = 64 * 1024;
const BATCH_MS = 50;
/** How often the path is compared with the open file: somebody may have deleted it. */
const CHECK_MS = 1000;
const NEWLINE = 10;

/** Lines appended to a file, in batches. Nothing here ever throws: a log that can't be written must not stop a server. */
export interface LogFile {
  /** Lines that could not be written, such as on a full disk. */
  readonly droppedLines: number;
  /** Takes one line, with its "\n"; it is in the file 50 ms later. */
  append(line: string): void;
  /** Writes what is pending, now. */
  flush(): void;
  /** Flushes and closes. What comes later is dropped. */
  close(): void;
  /** Changes the size for rotation in place. */
  setMaxBytes(maxBytes: number): void;
}

/**
 * Opens `path` on the first line, mode 0600. When a batch would take it past `maxBytes` it becomes `path.1` and a new
 * file begins. Batches of 64 kB or 50 ms by `writeSync` were the fastest on all runtimes, and one can be flushed while
 * the process exits.
 */
export function createLogFile(path: string, maxBytes: number): LogFile {
  let fd: number | undefined;
  let fileBytes = 0;
  let checkedAtMs = 0;
  let pending = "";
  let pendingLines = 0;
  let droppedLines = 0;
  let isTorn = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): number {
    const opened = openSync(path, "a+", 0o600);
    fileBytes = fstatSync(opened).size;
    // A server that was killed may have left half a line.
    isTorn ||= !endsWithNewline(opened, fileBytes);
    return opened;
  }

  function shut(): void {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  }

  /** The descriptor to write to, after rotating and after making sure that it still is the file at `path`. */
  function fileFor(byteCount: number): number {
    const nowMs = Date.now();
    if (fd !== undefined && nowMs - checkedAtMs > CHECK_MS) {
      checkedAtMs = nowMs;
      if (lstatSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino) shut();
    }
    fd ??= open();
    if (fileBytes > 0 && fileBytes + byteCount > maxBytes) {
      shut();
      renameSync(path, `${path}.1`);
      fd = open();
    }
    return fd;
  }

  function write(text: string): void {
    const target = fileFor(text.length);
    const bytes = new TextEncoder().encode(isTorn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(target, bytes, written);
    } finally {
      fileBytes += written;
      isTorn = written > 0 ? bytes[written - 1] !== NEWLINE : isTorn;
    }
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending === "") return;
    const text = pending;
    const lines = pendingLines;
    pending = "";
    pendingLines = 0;
    try {
      write(text);
    } catch {
      droppedLines += lines;
      shut();
    }
  }

  return {
    get droppedLines() {
      return droppedLines;
    },
    append(line) {
      if (isClosed) {
        droppedLines += 1;
        return;
      }
      pending += line;
      pendingLines += 1;
      if (pending.length >= BATCH_CHARACTERS) flush();
      else if (timer === undefined) {
        timer = setTimeout(flush, BATCH_MS);
        timer.unref?.();
      }
    },
    flush,
    close() {
      flush();
      isClosed = true;
      shut();
    },
    setMaxBytes(bytes) {
      maxBytes = bytes;
    },
  };
}

function endsWithNewline(fd: number, size: number): boolean {
  const last = new Uint8Array(1);
  return size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE);
}
