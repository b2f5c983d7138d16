import { isCellObject, keysOf, type CellObject } from "../data/json-keys.ts";
import { DEFAULT_MAX_CELLS } from "../data/cell-limit.ts";
import { listNames } from "../nearest.ts";
import { kindOf, recordSteps } from "../data/records.ts";
import { checkSource } from "../data/source-check.ts";
import type { DataSource } from "../data/source.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import type { EngineTable } from "../engine/engine.ts";
import { inTurns } from "../turns.ts";
import type { ReadResult } from "./operation.ts";

/** How sources are read, and who is waiting. */
export interface ComputeContext {
  readonly read: (source: DataSource) => Promise<ReadResult>;
  readonly signal?: AbortSignal | undefined;
  /** Cells of data in the request itself; default `DEFAULT_MAX_CELLS`. */
  readonly maxCells?: number | undefined;
  /** The caller's IANA time zone; undefined: the server's own. */
  readonly timeZone?: string | undefined;
}

/** The three ways to name tables in a request. */
const WAYS = 'Give "data" (records), "data_source" (one source) or "sources" ({NAME: source}).';

/**
 * The tables that a request names; none when it names none. Throws `request-invalid` when it names them in more than
 * one way or in a wrong shape, and what reading throws.
 */
export async function readTables(request: CellObject, context: ComputeContext): Promise<EngineTable[]> {
  const given = ["data", "data_source", "sources"].filter((name) => (request[name] ?? null) !== null);
  if (given.length > 1) {
    throw new HearthError("request-invalid", `The request has ${listNames(given)}; only one can be`, {
      hint: WAYS,
    });
  }
  if (given[0] === "data")
    return [{ name: "data", data: await inlineTable(request["data"] as Cell, context) }];
  if (given[0] === "data_source")
    return [await readSource("data", checkSource(request["data_source"]), context)];
  return given[0] === "sources" ? readSources(request["sources"] as Cell, context) : [];
}

/** The failure for an operation that needs a table and has none. */
export function noData(operation: string): HearthError {
  return new HearthError("request-invalid", `The operation "${operation}" needs data`, { hint: WAYS });
}

/** Reads one source as a table of this name. */
export async function readSource(
  name: string,
  source: DataSource,
  { read }: ComputeContext,
): Promise<EngineTable> {
  const result = await read(source);
  return { name, data: "parquet" in result ? result.parquet : (result.table ?? (await result.stream())) };
}

async function readSources(sources: Cell, context: ComputeContext): Promise<EngineTable[]> {
  if (!isCellObject(sources)) {
    throw new HearthError(
      "request-invalid",
      `"sources" must be an object {NAME: data source}, not ${kindOf(sources)}`,
    );
  }
  const names = keysOf(sources);
  if (names.includes("")) throw new HearthError("request-invalid", `A name in "sources" is empty`);
  const tables: EngineTable[] = [];
  for (const name of names) tables.push(await readSource(name, checkSource(sources[name]), context));
  return tables;
}

async function inlineTable(data: Cell, { maxCells, signal }: ComputeContext): Promise<Table> {
  const isList = Array.isArray(data);
  const records: unknown = isList ? data : isCellObject(data) ? data["records"] : undefined;
  if (!Array.isArray(records)) {
    throw new HearthError("request-invalid", '"data" must be {"records": [...]} or a list of records', {
      hint: WAYS,
    });
  }
  const columns = isCellObject(data) ? (data["columns"] ?? undefined) : undefined;
  const bound = { maxCells: maxCells ?? DEFAULT_MAX_CELLS, shownName: "The data" };
  const table = await inTurns(recordSteps(records as Cell[], columnNames(columns), bound), signal);
  return withLabelFirst(table, isCellObject(data) ? (data["index"] ?? null) : null);
}

/** The column of row labels stands first. */
function withLabelFirst(table: Table, index: Cell): Table {
  if (index === null) return table;
  const label = table.columns.find(({ name }) => name === index);
  if (label !== undefined)
    return { ...table, columns: [label, ...table.columns.filter((column) => column !== label)] };
  throw new HearthError("column-unknown", `No column named "${String(index)}" ("data.index")`);
}

function columnNames(columns: Cell | undefined): (string | number)[] | undefined {
  if (columns === undefined) return undefined;
  const isName = (name: unknown) => typeof name === "string" || typeof name === "number";
  if (Array.isArray(columns) && columns.every(isName)) return columns as (string | number)[];
  throw new HearthError(
    "request-invalid",
    `"data.columns" must be a list of column names, not ${kindOf(columns)}`,
  );
}
