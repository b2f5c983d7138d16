import { HearthError } from "../../errors.ts";
import { decompressed, fileInput } from "../bytes.ts";
import { streamOf } from "../columns.ts";
import { detachTexts } from "../detach.ts";
import { fileOrigin, parseJson } from "../json-parse.ts";
import { tableFromJson } from "../json-table.ts";
import { openSource, readWhole } from "../open-source.ts";
import type { Reader } from "../source.ts";

const HINT = "Convert it to ndjson or Parquet, which are read piece by piece.";

/**
 * JSON files, whole in memory (section 4.1 of the wire contract). A broken file is `data-invalid` with line and reason,
 * where lynguine gives an empty table; beyond the memory limit `data-too-large`.
 */
export const jsonReader: Reader = {
  type: "json",
  extensions: [".json"],
  mediaTypes: ["application/json"],
  parameters: [],
  options: () => ({}),
  async read(source, context) {
    const file = await openSource(source, context);
    try {
      const input = decompressed(fileInput(file));
      const limit = { bytes: context.memoryLimit, hint: HINT, signal: context.signal };
      const value = parseJson(await readWhole(input, limit), fileOrigin(file.shownPath));
      const fail = (reason: string) =>
        new HearthError("data-invalid", `"${file.shownPath}" is no table: ${reason}`);
      return streamOf(detachTexts(tableFromJson(value, fail)));
    } finally {
      file.close();
    }
  },
};
