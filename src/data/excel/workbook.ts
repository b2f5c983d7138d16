import type { StreamRow } from "hucre/xlsx";
import { HearthError } from "../../errors.ts";
import { listNames } from "../../nearest.ts";

/** A cell as a workbook has it; a date is one by its number format. */
export type WorkbookCell = string | number | boolean | Date | null;

/** One row of a sheet: rows without any cell are left out. */
export interface WorkbookRow {
  /** From 0. */
  readonly index: number;
  readonly cells: readonly WorkbookCell[];
}

/** A workbook's bytes, with how messages name it. */
export interface WorkbookFile {
  readonly bytes: Uint8Array;
  readonly shownName: string;
  /** Bytes that its parts beside the sheets may have when they are unpacked. */
  readonly memoryLimit: number;
}

/** What Excel calls the only sheet of a new workbook. */
export const DEFAULT_SHEET = "Sheet1";

/** What an old workbook (.xls) begins with, and so does a new one with a password. */
const OLE_SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0];
const ZIP_SIGNATURE = [0x50, 0x4b];

/**
 * The rows of one sheet, one after the other; of an .xlsx file they are unpacked as they are asked for.
 *
 * Throws `data-invalid` for what is no workbook, a damaged one, or one with a password; `request-invalid` when there is
 * no such sheet; `data-too-large`.
 *
 * @param sheet its name, or its number from 0; negative ones count from the end. Undefined: "Sheet1", else the first
 */
export async function* sheetRows(
  file: WorkbookFile,
  sheet: string | number | undefined,
): AsyncGenerator<WorkbookRow> {
  try {
    yield* begins(file, OLE_SIGNATURE) ? oldRows(file, sheet) : newRows(file, sheet);
  } catch (error) {
    throw error instanceof HearthError ? error : await unreadable(file, error);
  }
}

async function* newRows(file: WorkbookFile, sheet: string | number | undefined): AsyncGenerator<WorkbookRow> {
  if (!begins(file, ZIP_SIGNATURE)) throw noWorkbook(file.shownName);
  await checkParts(file);
  const { readXlsx, streamXlsxRows } = await import("hucre/xlsx");
  const names: string[] = [];
  await readXlsx(file.bytes, { sheets: ({ name }) => names.push(name) < 0 });
  const chosen = chooseSheet(names, sheet, file.shownName);
  for await (const { index, values } of streamXlsxRows(file.bytes, { sheet: chosen })) {
    yield { index, cells: values as StreamRow["values"] as readonly WorkbookCell[] };
  }
}

async function* oldRows(file: WorkbookFile, sheet: string | number | undefined): AsyncGenerator<WorkbookRow> {
  const { readXls, readXlsx } = await import("hucre/xlsx");
  // A new workbook with a password lies in a container of the old kind; only the other reader tells it.
  const { sheets } = await readXls(file.bytes).catch(() => readXlsx(file.bytes));
  const chosen = chooseSheet(
    sheets.map(({ name }) => name),
    sheet,
    file.shownName,
  );
  for (const [index, cells] of (sheets[chosen]?.rows ?? []).entries()) {
    yield { index, cells: cells as readonly WorkbookCell[] };
  }
}

function begins({ bytes }: WorkbookFile, signature: readonly number[]): boolean {
  return signature.every((byte, at) => bytes[at] === byte);
}

/** The sheet's number. */
function chooseSheet(
  names: readonly string[],
  sheet: string | number | undefined,
  shownName: string,
): number {
  if (sheet === undefined) return Math.max(0, names.indexOf(DEFAULT_SHEET));
  const at = typeof sheet === "string" ? names.indexOf(sheet) : sheet < 0 ? names.length + sheet : sheet;
  if (at >= 0 && at < names.length) return at;
  const wanted = typeof sheet === "string" ? `sheet "${sheet}"` : `sheet number ${sheet}`;
  throw new HearthError("request-invalid", `${shownName} has no ${wanted}`, {
    hint: `It has ${listNames(names)}; name one with "sheet".`,
  });
}

/** A sheet is read piece by piece; everything else, its texts among them, is unpacked as a whole. */
async function checkParts({ bytes, shownName, memoryLimit }: WorkbookFile): Promise<void> {
  const { unzipSync } = await import("fflate");
  let size = 0;
  unzipSync(bytes, {
    filter({ name, originalSize }) {
      if (!name.startsWith("xl/worksheets/")) size += originalSize;
      return false;
    },
  });
  if (size <= memoryLimit) return;
  const limit = Math.floor(memoryLimit / 2 ** 20);
  throw new HearthError("data-too-large", `${shownName} holds more than ${limit} MiB of texts and styles`, {
    hint: "Convert it to Parquet or CSV, which are read piece by piece, or raise cacheLimit.",
  });
}

async function unreadable({ shownName }: WorkbookFile, cause: unknown): Promise<HearthError> {
  const { EncryptedFileError } = await import("hucre");
  if (cause instanceof EncryptedFileError) {
    return new HearthError("data-invalid", `${shownName} is protected by a password`, {
      hint: "Save it without one.",
      cause,
    });
  }
  return new HearthError("data-invalid", `${shownName} is damaged, or no Excel workbook`, { cause });
}

function noWorkbook(shownName: string): HearthError {
  return new HearthError("data-invalid", `${shownName} is no Excel workbook`, {
    hint: 'For a text file name another type, such as "csv".',
  });
}
