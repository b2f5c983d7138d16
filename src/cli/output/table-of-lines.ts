import { keysOf, parseJson } from "../../data/json-parse.ts";
import { isCellObject } from "../../data/json-keys.ts";
import { renderTable, type TableLayout } from "../table/render-table.ts";

const NEWLINE = 10;

export interface TableOfLines {
  /** Without a row only the header, and empty where nobody knows it. */
  readonly text: string;
  readonly shownRows: number;
  readonly rows: number;
}

/**
 * A table of the first `limit` records of newline-delimited JSON; the others are only counted. `columns` gives the names
 * of a table without rows.
 */
export async function tableOfLines(
  ndjson: AsyncIterable<Uint8Array>,
  limit: number,
  layout: TableLayout,
  columns: () => Promise<readonly string[]> = async () => [],
): Promise<TableOfLines> {
  const { lines, rows } = await headAndCount(ndjson, limit);
  const records = lines.map((line) => parseJson(line)).filter(isCellObject);
  const titles = rows === 0 ? await columns() : [...new Set(records.flatMap((record) => keysOf(record)))];
  const cells = records.map((record) => titles.map((title) => record[title]));
  return {
    text: titles.length === 0 ? "" : renderTable(titles, cells, layout),
    shownRows: records.length,
    rows,
  };
}

async function headAndCount(
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ lines: string[]; rows: number }> {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let rest = "";
  let rows = 0;
  for await (const piece of pieces) {
    if (rows >= limit) {
      rows += countNewlines(piece);
      continue;
    }
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    rows += parts.length;
    lines.push(...parts);
  }
  return { lines: lines.slice(0, limit), rows };
}

function countNewlines(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
