import { HearthError } from "../../errors.ts";
import { fileInput } from "../bytes.ts";
import { parseColumnRules, parseHeader, shownParameter } from "../column-rules.ts";
import { streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import { readSheet, type SheetOptions } from "../excel/read-sheet.ts";
import { sheetRows } from "../excel/workbook.ts";
import { openSource, readWhole } from "../open-source.ts";
import type { DataSource, Reader } from "../source.ts";

/** Excel workbooks, new (.xlsx) and old (.xls): one sheet as a table, in memory. */
export const excelReader: Reader = {
  type: "excel",
  extensions: [".xlsx", ".xls", ".xlsm"],
  mediaTypes: [
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
  ],
  isolation: "always",
  parameters: ["sheet", "header", "dtypes"],
  options: (source) => {
    const { sheet = null, header, dtypes } = optionsOf(source);
    return { sheet, header, dtypes: dtypes.map(({ field, type }) => ({ field, type })) };
  },
  async read(source, context) {
    const options = optionsOf(source);
    const file = await openSource(source, context);
    const shownName = `"${file.shownPath}"`;
    const { memoryLimit, signal } = context;
    try {
      const limit = { bytes: memoryLimit, hint: "Convert it to Parquet or CSV.", signal };
      const bytes = await readWhole(fileInput(file), limit);
      const rows = sheetRows({ bytes, shownName, memoryLimit }, options.sheet);
      return streamOf(detachTexts(await readSheet(rows, options, { memoryLimit, signal, shownName })));
    } finally {
      file.close();
    }
  },
};

function optionsOf(source: DataSource): SheetOptions & { readonly sheet: string | number | undefined } {
  return {
    sheet: parseSheet(source["sheet"]),
    header: parseHeader(source["header"]),
    dtypes: parseColumnRules(source["dtypes"]),
  };
}

function parseSheet(sheet: unknown): string | number | undefined {
  if (sheet === undefined) return undefined;
  if (typeof sheet === "string" || (typeof sheet === "number" && Number.isSafeInteger(sheet))) return sheet;
  throw new HearthError(
    "request-invalid",
    `"sheet" is a sheet's name or its number from 0, not ${shownParameter(sheet)}`,
  );
}
