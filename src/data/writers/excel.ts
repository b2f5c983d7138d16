import { HearthError } from "../../errors.ts";
import { shownParameter } from "../column-rules.ts";
import { writeJson } from "../json-write.ts";
import { Moment } from "../moment.ts";
import { DEFAULT_SHEET } from "../excel/workbook.ts";
import { cellOf } from "../table-rows.ts";
import { type Cell, type TableStream, WholeFloat } from "../table.ts";
import type { Writer } from "../target.ts";

/** What a sheet can hold (Excel's specifications and limits). */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const MAX_TEXT = 32_767;
const MAX_SHEET_NAME = 31;

/** A workbook of one sheet, written row by row. */
export const excelWriter: Writer = {
  type: "excel",
  extensions: [".xlsx"],
  mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  parameters: ["sheet", "header"],
  options: ({ sheet = DEFAULT_SHEET, header = 0 }) => ({
    sheet: checkSheet(sheet),
    header: checkHeader(header),
  }),
  async *encode(table, { sheet, header }) {
    const { writeXlsxStream } = await import("hucre/xlsx");
    const rows = sheetRows(table, header as number);
    yield* writeXlsxStream(rows, { name: sheet as string }) as unknown as AsyncIterable<Uint8Array>;
  },
};

type SheetCell = string | number | boolean | Date | null;

async function* sheetRows({ schema, batches }: TableStream, header: number): AsyncGenerator<SheetCell[]> {
  if (schema.length > MAX_COLUMNS) throw tooLarge(`${schema.length} columns`, `${MAX_COLUMNS} columns`);
  for (let blank = 0; blank < header; blank += 1) yield [];
  yield schema.map(({ name }) => name);
  let row = header + 1;
  for await (const { columns, rows } of batches) {
    if (row + rows > MAX_ROWS) throw tooLarge("more rows", `${MAX_ROWS} rows`);
    for (let i = 0; i < rows; i += 1) {
      yield columns.map((column) => sheetCell(cellOf(column, i), column.dtype, column.name, row));
      row += 1;
    }
  }
}

function sheetCell(cell: Cell, dtype: string, column: string | number, row: number): SheetCell {
  if (cell === null || typeof cell === "boolean") return cell;
  if (cell instanceof WholeFloat) return cell.value;
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : String(cell).replace("Infinity", "inf");
  // A workbook has floats only: a larger number would be another one.
  if (typeof cell === "bigint") return String(cell);
  if (cell instanceof Moment) return dateOf(cell.iso);
  const text = typeof cell === "string" ? cell : writeJson(cell);
  if (dtype === "datetime64[ns]") return dateOf(text);
  if (text.length <= MAX_TEXT) return text;
  throw new HearthError(
    "data-invalid",
    `A cell of a workbook holds at most ${MAX_TEXT} letters; row ${row + 1}, column "${column}" has ${text.length}`,
    { hint: "Write it to another format, such as CSV or JSON." },
  );
}

/** The clock time as it is written; a workbook knows no zones. Excel's days begin in 1900. */
function dateOf(iso: string): Date | string {
  const date = new Date(`${iso.slice(0, 23)}${iso.length === 10 ? "T00:00:00" : ""}Z`);
  return Number.isNaN(date.getTime()) || date.getTime() < Date.UTC(1900, 0, 1) ? iso : date;
}

function checkSheet(sheet: unknown): string {
  const isName =
    typeof sheet === "string" &&
    sheet.length > 0 &&
    sheet.length <= MAX_SHEET_NAME &&
    !/[[\]:*?/\\]|^'|'$/.test(sheet);
  if (isName) return sheet;
  throw new HearthError("request-invalid", `"sheet" can't be ${shownParameter(sheet)}`, {
    hint: `It is a text of at most ${MAX_SHEET_NAME} letters without any of []:*?/\\.`,
  });
}

function checkHeader(header: unknown): number {
  if (typeof header === "number" && Number.isInteger(header) && header >= 0 && header < MAX_ROWS)
    return header;
  throw new HearthError(
    "request-invalid",
    `"header" is the header's row, a whole number from 0, not ${shownParameter(header)}`,
  );
}

function tooLarge(has: string, limit: string): HearthError {
  return new HearthError("data-too-large", `The table has ${has}; a sheet holds ${limit}`, {
    hint: "Write it to another format, such as Parquet or CSV.",
  });
}
