import type { Row } from "./query.ts";

/** Rows that are asked for at once, and pieces of that size that are kept. */
const PAGE_ROWS = 100;
const MOST_PAGES = 100;

/** Milliseconds that somebody who scrolls on is waited for. */
const SETTLE_MS = 15;

export interface PagesOptions {
  readonly read: (offset: number, limit: number, signal: AbortSignal) => Promise<readonly Row[]>;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** Rows of a long table, asked for a page at a time when they come into sight. */
export interface Pages {
  /** A row, if it is here. */
  row(index: number): Row | undefined;
  /** The first page that came; undefined: none yet. */
  peek(): readonly Row[] | undefined;
  /** Says which rows are in sight. */
  want(first: number, last: number): void;
  close(): void;
}

/** No row is here yet. */
export function createPages({ onChange, onError, read }: PagesOptions): Pages {
  const pages = new Map<number, readonly Row[]>();
  const asking = new Map<number, AbortController>();
  let firstPage: readonly Row[] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  async function ask(page: number): Promise<void> {
    const controller = new AbortController();
    asking.set(page, controller);
    try {
      const rows = await read(page * PAGE_ROWS, PAGE_ROWS, controller.signal);
      pages.set(page, rows);
      firstPage ??= rows;
      for (const oldest of pages.keys()) {
        if (pages.size <= MOST_PAGES) break;
        pages.delete(oldest);
      }
      onChange();
    } catch (error) {
      if (!controller.signal.aborted) onError(error);
    } finally {
      asking.delete(page);
    }
  }

  function settle(wanted: readonly number[]): void {
    if (isClosed) return;
    for (const [page, controller] of asking) if (!wanted.includes(page)) controller.abort();
    for (const page of wanted) if (!pages.has(page) && !asking.has(page)) void ask(page);
  }

  return {
    row: (index) => pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS],
    peek: () => firstPage,
    want(first, last) {
      const from = Math.floor(first / PAGE_ROWS);
      const wanted = Array.from({ length: Math.floor(last / PAGE_ROWS) - from + 1 }, (_, i) => from + i);
      clearTimeout(timer);
      // The first rows are wanted at once.
      if (firstPage === undefined && asking.size === 0) settle(wanted);
      else timer = setTimeout(() => settle(wanted), SETTLE_MS);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const controller of asking.values()) controller.abort();
    },
  };
}
