import { HearthError } from "../../errors.ts";
import { inTurns } from "../../turns.ts";
import { streamOf } from "../columns.ts";
import { isCellObject, keysOf } from "../json-keys.ts";
import { jsonTableSteps } from "../json-table.ts";
import { kindOf } from "../records.ts";
import type { Reader } from "../source.ts";
import type { Cell } from "../table.ts";

/**
 * Data that stands in the request or interface itself, under `data`: a list of objects, an object of lists, or an
 * object of single values, which is one row. Never cached. Throws `request-invalid`.
 */
export const localReader: Reader = {
  type: "local",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  parameters: ["data"],
  options: () => undefined,
  async read(source, { maxCells, signal }) {
    if (source.data === undefined) throw invalid('it has no "data"');
    const data = source.data as Cell;
    if (typeof data !== "object" || data === null) throw invalid(`"data" is ${kindOf(data)}`);
    const bound = { maxCells, shownName: 'The data source of type "local"' };
    const steps = jsonTableSteps(isOneRow(data) ? [data] : data, invalid, bound);
    return streamOf(await inTurns(steps, signal));
  },
};

function isOneRow(data: Cell): boolean {
  if (!isCellObject(data)) return false;
  const keys = keysOf(data);
  return keys.length > 0 && keys.every((key) => !Array.isArray(data[key]) && !isCellObject(data[key]));
}

function invalid(reason: string): HearthError {
  return new HearthError("request-invalid", `The data source of type "local" is no table: ${reason}`, {
    hint: 'Write for example {"type": "local", "data": [{"name": "Ann", "age": 30}]}.',
  });
}
