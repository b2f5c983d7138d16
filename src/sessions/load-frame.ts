import { sizeOf } from "../data/columns.ts";
import { type CellObject, isCellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import { listNames } from "../nearest.ts";
import { kindOf } from "../data/records.ts";
import { missingColumn } from "../data/text-column.ts";
import type { Cell, Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { camelCase, isVariableName } from "../functions/variable-name.ts";
import { type Section, SECTION_NAMES, sectionsOf } from "../interface/sections.ts";
import { SessionFrame } from "./frame.ts";
import type { RowLabels } from "./label.ts";
import { labelRows, ParameterPart, type Part, RowPart, SeriesPart } from "./parts.ts";

/** Reads a data source into memory, as the session's maker may see it. */
export type ReadTable = (source: CellObject) => Promise<Table>;

export interface LoadedFrame {
  readonly frame: SessionFrame;
  /** The selector that the interface names. */
  readonly selector: string | null;
  /** Of the tables behind the frame. */
  readonly bytes: number;
  /** In words. */
  readonly warnings: readonly string[];
}

/** What finding a row by its label takes, roughly: a key, and places in two maps. */
const LABEL_BYTES = 160;

/**
 * Makes a session's frame of an interface with its inheritance resolved: each section is read, its `index` column becomes
 * the row label. A section that is written, whose file does not exist, is made empty.
 *
 * Throws `data-invalid` without any section, for a section without `index`, for columns whose names no variable can
 * have, and for parameters of several rows; and what reading throws.
 */
export async function loadFrame(values: CellObject, read: ReadTable): Promise<LoadedFrame> {
  const sections = sectionsOf(values);
  if (sections.length === 0) {
    throw new HearthError("data-invalid", "The interface has no section with data", {
      hint: `It needs one of ${listNames(SECTION_NAMES)}.`,
    });
  }
  const parts: Part[] = [];
  let bytes = 0;
  for (const section of sections) {
    const source = sourceOf(section, values);
    const table = await readSection(section, source, read);
    const part = await partOf(section, source, table ?? emptyTable(source, values));
    const isMade = table === undefined && part.kind === "series";
    const made = isMade ? addRows(part, parts) : 0;
    bytes += (table === undefined ? 0 : sizeOf(table)) + ((table?.rows ?? 0) + made) * LABEL_BYTES;
    parts.push(part);
  }
  const frame = new SessionFrame(indexNameOf(sections, values), parts);
  return { frame, selector: selectorOf(values), bytes, warnings: repeatedColumns(parts) };
}

function sourceOf({ name }: Section, values: CellObject): CellObject {
  const section = values[name] as Cell;
  if (!isCellObject(section)) {
    throw new HearthError("data-invalid", `"${name}" of the interface is a mapping, not ${kindOf(section)}`);
  }
  if (typeof section["index"] !== "string") {
    throw new HearthError("data-invalid", `"${name}" of the interface names no "index"`, {
      hint: "It is the column that becomes the row label.",
    });
  }
  const keys = keysOf(section).filter((key) => key !== "selector" && key !== "base_directory");
  const base: [string, Cell] = [
    "base_directory",
    section["base_directory"] ?? values["base_directory"] ?? null,
  ];
  return objectFrom([base, ...keys.map((key): [string, Cell] => [key, section[key] as Cell])]);
}

/** Gives undefined for a section that is written, whose file does not exist. */
async function readSection(
  section: Section,
  source: CellObject,
  read: ReadTable,
): Promise<Table | undefined> {
  try {
    return await read(source);
  } catch (error) {
    const isAbsent = error instanceof HearthError && error.code === "file-not-found";
    if (!isAbsent || section.kind === "input") throw error;
    return undefined;
  }
}

function emptyTable(source: CellObject, values: CellObject): Table {
  return { rows: 0, columns: columnsToBe(source, values).map((name) => missingColumn(name, 0)) };
}

/** Gives a series one empty row for each label of the first section that has rows; gives their number. */
function addRows(series: SeriesPart, parts: readonly Part[]): number {
  const labelled = parts.find((part) => part.kind !== "parameters");
  const labels = labelled === undefined ? [] : [...labelled.labels.values()];
  for (const label of labels) series.add(label);
  return labels.length;
}

/** The columns that a file which does not exist yet is to have. */
function columnsToBe({ columns = null, compute = null }: CellObject, values: CellObject): readonly string[] {
  if (Array.isArray(columns)) return (columns as readonly Cell[]).map(String);
  const sections = [compute, values["precompute"], values["compute"], values["postcompute"]];
  return [...new Set(sections.flatMap((each) => fieldsOf(each ?? null)))];
}

function fieldsOf(section: Cell): readonly string[] {
  const entries: readonly Cell[] = Array.isArray(section) ? (section as readonly Cell[]) : [section];
  return entries.flatMap((entry) => {
    const field = isCellObject(entry) ? (entry["field"] ?? null) : null;
    const fields: readonly Cell[] = Array.isArray(field) ? (field as readonly Cell[]) : [field];
    return fields.filter((name): name is string => typeof name === "string" && name !== "_");
  });
}

async function partOf(section: Section, source: CellObject, table: Table): Promise<Part> {
  const index = source["index"] as string;
  const column = table.columns.find(({ name }) => String(name) === index);
  const labels: RowLabels = { column: column ?? table.labels, rows: table.rows };
  const columns = table.columns.filter((each) => each !== column);
  for (const { name } of columns) checkName(String(name), section, source);
  const data = { rows: table.rows, columns };
  if (section.isSeries) return new SeriesPart(section, data, await labelRows(labels));
  if (!section.isParameter) return new RowPart(section, data, await labelRows(labels));
  if (table.rows < 2) return new ParameterPart(section, data);
  throw new HearthError(
    "data-invalid",
    `"${section.name}" of the interface has ${table.rows} rows; parameters have one value a column`,
  );
}

/** Templates and computations know a column by the name of a variable. */
function checkName(name: string, section: Section, { mapping = null }: CellObject): void {
  if (isVariableName(name) || isVariableName(camelCase(name))) return;
  if (isCellObject(mapping) && Object.values(mapping).includes(name)) return;
  throw new HearthError(
    "data-invalid",
    `Column "${name}" of "${section.name}" is not the name of a variable, nor is it one in camel case ("${camelCase(name)}")`,
    { hint: `Give it one with "mapping": {"name": "${name}"}, or rename it with "rename_columns".` },
  );
}

function indexNameOf(sections: readonly Section[], values: CellObject): string {
  const section = sections.find(({ isParameter }) => !isParameter) ?? (sections[0] as Section);
  return String((values[section.name] as CellObject)["index"]);
}

function selectorOf(values: CellObject): string | null {
  const named = ["series", "writeseries", "series_cache"].map((name) => {
    const section = values[name];
    return isCellObject(section) ? (section["selector"] ?? null) : null;
  });
  const selector = named.find((each) => typeof each === "string");
  return typeof selector === "string" ? selector : null;
}

function repeatedColumns(parts: readonly Part[]): string[] {
  const owners = new Map<string, string>();
  return parts.flatMap(({ section, columns }) =>
    columns.flatMap((column) => {
      const owner = owners.get(column);
      if (owner === undefined) owners.set(column, section.name);
      return owner === undefined || owner === section.name
        ? []
        : [`The column "${column}" of "${section.name}" is not used, since "${owner}" has one of that name`];
    }),
  );
}
