import { type CellObject, isCellObject, keysOf, objectFrom } from "../data/json-keys.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";

/** What an interface says of its parent. */
export interface Inheritance {
  /** As written; relative ones count from the child's folder. */
  readonly directory: string;
  readonly filename: string;
  /** Keys of the parent that the child does not see. */
  readonly ignore: readonly string[];
  /** Keys whose lists and mappings are merged with the parent's. */
  readonly append: readonly string[];
}

const DEFAULT_PARENT = "_lynguine.yml";

/** Reads `inherit` of an interface; undefined without it. Throws `data-invalid`. */
export function inheritanceOf(own: CellObject, shownName: string): Inheritance | undefined {
  const inherit = own["inherit"] ?? null;
  if (inherit === null) return undefined;
  const fail = (reason: string) => new HearthError("data-invalid", `"inherit" of ${shownName} ${reason}`);
  if (!isCellObject(inherit)) throw fail("is not a mapping");
  const { directory = null, filename = DEFAULT_PARENT } = inherit;
  if (directory === null) throw fail("names no directory to inherit from");
  if (typeof directory !== "string" || typeof filename !== "string") {
    throw fail("needs texts as directory and filename");
  }
  const names = (key: "ignore" | "append"): readonly string[] => {
    const list = inherit[key] ?? [];
    if (!Array.isArray(list)) throw fail(`needs a list of keys as ${key}`);
    return (list as readonly Cell[]).map(String);
  };
  return { directory, filename, ignore: names("ignore"), append: names("append") };
}

/** Sections that name data; of a parent their files lie in the parent's folder. */
const DATA_SECTIONS = ["input", "output", "cache", "parameters", "constants", "compute", "series"];

/**
 * A parent's sections with the folder of their files written out: a child lies elsewhere.
 *
 * @param folder absolute
 */
export function boundTo(folder: string, own: CellObject): CellObject {
  return objectFrom(
    keysOf(own).map((key) => [
      key,
      DATA_SECTIONS.includes(key) ? bound(folder, own[key] as Cell) : (own[key] as Cell),
    ]),
  );
}

function bound(folder: string, value: Cell): Cell {
  if (Array.isArray(value)) return (value as readonly Cell[]).map((item) => bound(folder, item));
  if (!isCellObject(value)) return value;
  const entries = keysOf(value).map((key): [string, Cell] => [key, bound(folder, value[key] as Cell)]);
  if (value["filename"] === undefined) return objectFrom(entries);
  const directory = value["directory"] ?? "";
  const isAbsolute = typeof directory === "string" && /^[/~$]/.test(directory);
  const placed = isAbsolute ? directory : directory === "" ? folder : `${folder}/${String(directory)}`;
  return objectFrom([...entries.filter(([key]) => key !== "directory"), ["directory", placed]]);
}

/**
 * What a child sees of its parent: without the ignored keys; the output as a part of the input, series as an input of
 * type `series`, parameters as constants, for none of these can be written from the child.
 *
 * @param parent all keys of the parent, with its own inheritance resolved
 */
export function seenByChild(parent: CellObject, ignore: readonly string[]): CellObject {
  const seen = new Map(
    keysOf(parent)
      .filter((key) => !ignore.includes(key))
      .map((key) => [key, parent[key] as Cell]),
  );
  const take = (key: string): CellObject | undefined => {
    const section = seen.get(key);
    seen.delete(key);
    return isCellObject(section) ? section : undefined;
  };
  const put = (key: string, section: CellObject | undefined, addition: CellObject) => {
    const { mapping, columns, rest } = withoutNames(addition);
    seen.set(key, named(section === undefined ? rest : stacked(section, rest), mapping, columns));
  };
  const input = () => seen.get("input") as CellObject | undefined;
  const output = take("output");
  if (output !== undefined) put("input", input(), output);
  const series = take("series");
  if (series !== undefined) put("input", input(), asSeries(series));
  const parameters = take("parameters");
  if (parameters !== undefined) put("constants", seen.get("constants") as CellObject | undefined, parameters);
  return objectFrom(seen);
}

/** The names of a series' columns belong to the whole input, and its rows are read as they are. */
function asSeries(series: CellObject): CellObject {
  const { mapping, columns, rest } = withoutNames(series);
  return { type: "series", index: series["index"] ?? null, specifications: rest, mapping, columns };
}

function withoutNames(section: CellObject): {
  mapping: CellObject;
  columns: readonly Cell[];
  rest: CellObject;
} {
  const { mapping = null, columns = null } = section;
  return {
    mapping: isCellObject(mapping) ? mapping : {},
    columns: Array.isArray(columns) ? (columns as readonly Cell[]) : [],
    rest: without(section, ["mapping", "columns"]),
  };
}

function without(section: CellObject, names: readonly string[]): CellObject {
  return objectFrom(
    keysOf(section)
      .filter((key) => !names.includes(key))
      .map((key) => [key, section[key] as Cell]),
  );
}

/** Two data sources side by side; what is a stack already is added to. */
function stacked(first: CellObject, second: CellObject): CellObject {
  const { mapping = null, columns = null } = first;
  const names: [string, Cell][] = [];
  if (mapping !== null) names.push(["mapping", mapping]);
  if (columns !== null) names.push(["columns", columns]);
  if (first["type"] === "hstack")
    return objectFrom([...entriesOf(first), ["specifications", partsOf([first, second])]]);
  const index: [string, Cell][] = first["index"] === undefined ? [] : [["index", first["index"]]];
  return objectFrom([["type", "hstack"], ...index, ["specifications", partsOf([first, second])], ...names]);
}

function named(section: CellObject, mapping: CellObject, columns: readonly Cell[]): CellObject {
  const own = isCellObject(section["mapping"]) ? section["mapping"] : {};
  const before = Array.isArray(section["columns"]) ? (section["columns"] as readonly Cell[]) : [];
  return objectFrom([
    ...entriesOf(section),
    ["mapping", objectFrom([...entriesOf(own), ...entriesOf(mapping)])],
    ["columns", [...before, ...columns]],
  ]);
}

function partsOf(sources: readonly CellObject[]): readonly Cell[] {
  return sources.flatMap((source) => {
    const { type, specifications } = source;
    return type === "hstack" && Array.isArray(specifications)
      ? (specifications as readonly Cell[])
      : [source];
  });
}

function entriesOf(object: CellObject): [string, Cell][] {
  return keysOf(object).map((key) => [key, object[key] as Cell]);
}

/**
 * A child's keys with its parent's: the child's wins; lists (parent first) and mappings under `append` are merged; `input`
 * and `constants` of both are put side by side. Throws `data-invalid` when `append` names what can't be merged.
 */
export function inherited(
  own: CellObject,
  parent: CellObject,
  { append }: Inheritance,
  shownName: string,
): CellObject {
  const values = keysOf(own).map((key): [string, Cell] => {
    const mine = own[key] as Cell;
    const theirs = Object.hasOwn(parent, key) ? (parent[key] as Cell) : undefined;
    if (theirs === undefined) return [key, mine];
    if (key === "input" || key === "constants") return [key, sideBySide(key, theirs, mine)];
    return [key, append.includes(key) ? merged(key, theirs, mine, shownName) : mine];
  });
  const further = entriesOf(parent).filter(([key]) => !Object.hasOwn(own, key));
  return objectFrom([...values, ...further]);
}

function sideBySide(key: string, theirs: Cell, mine: Cell): Cell {
  if (!isCellObject(theirs) || !isCellObject(mine)) return mine;
  const specifications = partsOf([theirs, mine]);
  if (key === "constants") return { type: "hstack", specifications };
  const mappings = [theirs["mapping"], mine["mapping"]].flatMap((mapping) =>
    isCellObject(mapping) ? entriesOf(mapping) : [],
  );
  const index = theirs["index"] ?? null;
  return { type: "hstack", index, mapping: objectFrom(mappings), specifications };
}

function merged(key: string, theirs: Cell, mine: Cell, shownName: string): Cell {
  if (Array.isArray(theirs) && Array.isArray(mine)) return [...(theirs as Cell[]), ...(mine as Cell[])];
  if (isCellObject(theirs) && isCellObject(mine))
    return objectFrom([...entriesOf(theirs), ...entriesOf(mine)]);
  throw new HearthError(
    "data-invalid",
    `"inherit.append" of ${shownName} names "${key}", which is neither a list nor a mapping on both sides`,
  );
}
