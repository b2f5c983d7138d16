import type { Row } from "./query.ts";

/** Rows that are asked for at once, and pieces of that size that are kept. */
const PAGE_ROWS = 100;
const MOST_PAGES = 100;

/** Milliseconds that somebody who scrolls on is waited for; who does so moves again within the second number of them. */
const SETTLE_MS = 15;
const SCROLLING_MS = 60;

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
  const asking = new Set<Asking>();
  let firstPage: readonly Row[] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastWantMs = 0;
  let isClosed = false;

  /** Pages side by side are one question: the server reads the same part of the file for each. */
  async function ask(from: number, count: number): Promise<void> {
    const asked = { from, to: from + count - 1, controller: new AbortController() };
    asking.add(asked);
    try {
      const rows = await read(from * PAGE_ROWS, count * PAGE_ROWS, asked.controller.signal);
      for (let i = 0; i < count; i++) pages.set(from + i, rows.slice(i * PAGE_ROWS, (i + 1) * PAGE_ROWS));
      firstPage ??= rows;
      for (const oldest of pages.keys()) {
        if (pages.size <= MOST_PAGES) break;
        pages.delete(oldest);
      }
      onChange();
    } catch (error) {
      if (!asked.controller.signal.aborted) onError(error);
    } finally {
      asking.delete(asked);
    }
  }

  function settle(from: number, to: number): void {
    if (isClosed) return;
    for (const asked of asking) if (asked.to < from || asked.from > to) asked.controller.abort();
    const isComing = (page: number) => [...asking].some((asked) => asked.from <= page && page <= asked.to);
    const isMissing = (page: number) => !pages.has(page) && !isComing(page);
    for (let page = from; page <= to; page += 1) {
      let end = page;
      while (end <= to && isMissing(end)) end += 1;
      if (end > page) void ask(page, end - page);
      page = end;
    }
  }

  return {
    row: (index) => pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS],
    peek: () => firstPage,
    want(first, last) {
      const from = Math.floor(first / PAGE_ROWS);
      const to = Math.floor(last / PAGE_ROWS);
      clearTimeout(timer);
      const isScrolling = performance.now() - lastWantMs < SCROLLING_MS;
      lastWantMs = performance.now();
      if (isScrolling) timer = setTimeout(() => settle(from, to), SETTLE_MS);
      else settle(from, to);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { controller } of asking) controller.abort();
    },
  };
}

/** Pages that are on their way. */
interface Asking {
  readonly from: number;
  readonly to: number;
  readonly controller: AbortController;
}
