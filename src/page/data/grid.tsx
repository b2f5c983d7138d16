import { elementScroll, observeElementRect, type VirtualItem, Virtualizer } from "@tanstack/virtual-core";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { writtenSql } from "../../written-sql.ts";
import { Failure } from "../parts/common.tsx";
import { createPages } from "./pages.ts";
import { cellText, type Column, kindOf, type Row, run } from "./query.ts";
import { type Query, sqlOf, writtenOf } from "./sql-of.ts";

/** Pixels of a row; the style has the same. */
const ROW_HEIGHT = 26;

/** Browsers show no element that is much higher: beyond it the scroll bar stands for more than it has pixels. */
const MOST_HEIGHT = 12_000_000;

export interface GridProps {
  readonly query: Query;
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly onSort: (column: string) => void;
}

/** Rows of a query, of which only those in sight are asked for and drawn. */
export function Grid({ query, columns, rows, onSort }: GridProps) {
  const place = useRef<HTMLDivElement>(null);
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>(undefined);
  const again = () => redraw((count: number) => count + 1);
  const sql = sqlOf(query);
  const pages = useMemo(
    () =>
      createPages({
        read: async (offset, limit, signal) =>
          (
            await run(
              query.filename,
              writtenSql(writtenOf(query), ` limit ${limit} offset ${offset}`),
              signal,
            )
          ).rows,
        onChange: again,
        onError: setError,
      }),
    [sql, query.filename],
  );
  useEffect(() => () => pages.close(), [pages]);
  const height = Math.min(rows * ROW_HEIGHT, MOST_HEIGHT);
  const virtual = useMemo(() => createVirtualizer(place, rows, height, again), [rows, sql]);
  useEffect(() => {
    const unmount = virtual._didMount();
    virtual._willUpdate();
    again();
    return unmount;
  }, [virtual]);
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  if (first !== undefined && last !== undefined) pages.want(first.index, last.index);
  const shift = (place.current?.scrollTop ?? 0) - (virtual.scrollOffset ?? 0);
  const widths = useMemo(() => widthsOf(columns, pages.peek()), [columns, pages, pages.peek() === undefined]);
  const template = { gridTemplateColumns: widths };
  return (
    <>
      <Failure error={error} />
      <div
        class="grid"
        role="table"
        aria-rowcount={rows + 1}
        aria-colcount={columns.length}
        aria-label={`Rows of ${query.filename}`}
        tabindex={0}
        ref={place}
      >
        <div class="grid-head" role="rowgroup">
          <div role="row" aria-rowindex={1} class="grid-row" style={template}>
            <span role="columnheader" class="number">
              <span class="sr">Row</span>
            </span>
            {columns.map((column) => (
              <span
                role="columnheader"
                key={column.name}
                class={kindOf(column) === "number" ? "number" : ""}
                aria-sort={sortOf(query, column.name)}
              >
                <button type="button" class="plain" title={column.type} onClick={() => onSort(column.name)}>
                  {column.name}
                  {query.order?.column === column.name ? (query.order.isDown ? " ↓" : " ↑") : ""}
                </button>
              </span>
            ))}
          </div>
        </div>
        <div class="grid-body" role="rowgroup" style={{ height: `${height}px` }}>
          {items.map((item) => (
            <GridRow
              key={item.key}
              item={item}
              top={item.start + shift}
              columns={columns}
              row={pages.row(item.index)}
              template={template}
            />
          ))}
        </div>
      </div>
    </>
  );
}

interface GridRowProps {
  readonly item: VirtualItem;
  readonly top: number;
  readonly columns: readonly Column[];
  readonly row: Row | undefined;
  readonly template: { readonly gridTemplateColumns: string };
}

function GridRow({ columns, item, row, template, top }: GridRowProps) {
  return (
    <div
      role="row"
      aria-rowindex={item.index + 2}
      class={`grid-row ${row === undefined ? "coming" : ""}`}
      style={{ ...template, transform: `translateY(${top}px)` }}
    >
      <span role="cell" class="number quiet">
        {item.index + 1}
      </span>
      {columns.map((column) => (
        <span role="cell" key={column.name} class={classOf(column, row)}>
          {row === undefined ? "" : cellText(row[column.name])}
        </span>
      ))}
    </div>
  );
}

function classOf(column: Column, row: Row | undefined): string {
  const kind = kindOf(column) === "number" ? "number" : "";
  return row !== undefined && row[column.name] === null ? `${kind} null` : kind;
}

function sortOf({ order }: Query, name: string): "ascending" | "descending" | "none" {
  if (order?.column !== name) return "none";
  return order.isDown ? "descending" : "ascending";
}

/** The library reckons with all rows; where they don't fit into a scroll bar, each of its pixels stands for some. */
function createVirtualizer(
  place: { readonly current: HTMLDivElement | null },
  rows: number,
  height: number,
  onChange: () => void,
): Virtualizer<HTMLDivElement, Element> {
  const scaleOf = (element: HTMLElement) => {
    const seen = element.clientHeight;
    return height <= seen ? 1 : Math.max(1, (rows * ROW_HEIGHT - seen) / (height - seen));
  };
  return new Virtualizer<HTMLDivElement, Element>({
    count: rows,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    initialRect: { width: 800, height: 500 },
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset(instance, tell) {
      const element = instance.scrollElement;
      if (element === null) return;
      const onScroll = () => tell(element.scrollTop * scaleOf(element), false);
      element.addEventListener("scroll", onScroll, { passive: true });
      onScroll();
      return () => element.removeEventListener("scroll", onScroll);
    },
    onChange,
  });
}

const WIDEST = 44;

function widthsOf(columns: readonly Column[], rows: readonly Row[] | undefined): string {
  const widths = columns.map(({ name }) => {
    const longest = Math.max(
      name.length + 2,
      ...(rows ?? []).slice(0, 50).map((row) => cellText(row[name]).length),
    );
    return `${Math.min(Math.max(longest, 4) + 2, WIDEST)}ch`;
  });
  return `9ch ${widths.join(" ")}`;
}
