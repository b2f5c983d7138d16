import { HearthError } from "../../errors.ts";
import { inTurns, type Steps } from "../../turns.ts";
import { decompressed, fileInput, isPacked } from "../bytes.ts";
import { streamOf } from "../columns.ts";
import { detachSteps, detachTexts } from "../detach.ts";
import { NeedsReader } from "../inline-guard.ts";
import { type JsonOrigin, fileOrigin, parseJson, parseJsonSteps, SMALL_JSON_BYTES } from "../json-parse.ts";
import { jsonTableSteps, tableFromJson } from "../json-table.ts";
import type { CellBound } from "../records.ts";
import type { Table } from "../table.ts";
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
  isolation: "unless-harmless",
  parameters: [],
  options: () => ({}),
  async read(source, context) {
    const file = await openSource(source, context);
    try {
      const { guard } = context;
      if (guard !== undefined && file.stamp.size > guard.jsonLimitBytes) throw new NeedsReader("large JSON");
      const plain = fileInput(file);
      const input = guard === undefined ? decompressed(plain) : plain;
      const limit = { bytes: context.memoryLimit, hint: HINT, signal: context.signal };
      const bytes = await readWhole(input, limit);
      if (guard !== undefined && isPacked(file.shownPath, bytes)) throw new NeedsReader("packed");
      const origin = fileOrigin(file.shownPath);
      const fail = (reason: string) =>
        new HearthError("data-invalid", `"${file.shownPath}" is no table: ${reason}`);
      const bound = { maxCells: context.maxCells, shownName: origin.shownName };
      if (bytes.length >= SMALL_JSON_BYTES) {
        return streamOf(await inTurns(tableSteps(bytes, origin, fail, bound), context.signal));
      }
      return streamOf(detachTexts(tableFromJson(parseJson(bytes, origin), fail, bound)));
    } finally {
      file.close();
    }
  },
};

function* tableSteps(
  bytes: Uint8Array,
  origin: JsonOrigin,
  fail: (reason: string) => HearthError,
  bound: CellBound,
): Steps<Table> {
  const value = yield* parseJsonSteps(bytes, origin, bound.maxCells);
  return yield* detachSteps(yield* jsonTableSteps(value, fail, bound));
}
