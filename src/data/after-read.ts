import { HearthError } from "../errors.ts";
import { isCellObject, keysOf } from "./json-keys.ts";
import { writeJson } from "./json-write.ts";
import { listNames, nearestName } from "../nearest.ts";
import { kindOf } from "./records.ts";
import type { DataSource } from "./source.ts";
import type { Column, ColumnSchema, Table, TableStream } from "./table.ts";
import { missingColumn } from "./text-column.ts";

/** What a data source wants done after reading, checked; undefined where it wants nothing. */
export interface AfterRead {
  readonly add: readonly Name[];
  readonly rename: ReadonlyMap<string, Name>;
  readonly ignore: readonly Name[];
  readonly select: readonly Name[] | undefined;
  readonly columns: readonly Name[];
  /** Equal for equal wishes: part of the key of what is kept of the result. */
  readonly key: string;
}

type Name = string | number;

/** A column of the result: one of the columns that were read, or (-1) a new one without values. */
interface Place {
  readonly from: number;
  readonly name: Name;
  readonly dtype: ColumnSchema["dtype"];
}

/**
 * Reads what stands after reading (section 4.5 of the wire contract): `index`, which only names the row index,
 * `add_columns`, `rename_columns`, `ignore_columns`, `select_columns`, `columns`. Throws `request-invalid` for values of
 * the wrong kind. `compute` is the data service's.
 */
export function parseAfterRead(source: DataSource): AfterRead | undefined {
  const names = ["add_columns", "rename_columns", "ignore_columns", "select_columns", "columns"] as const;
  if (names.every((name) => source[name] === undefined || source[name] === null)) return undefined;
  return {
    add: nameList(source, "add_columns") ?? [],
    rename: renames(source),
    ignore: nameList(source, "ignore_columns") ?? [],
    select: nameList(source, "select_columns"),
    columns: nameList(source, "columns") ?? [],
    key: writeJson(names.map((name) => source[name] ?? null)),
  };
}

function nameList(source: DataSource, parameter: string): readonly Name[] | undefined {
  const value = source[parameter];
  if (value === undefined || value === null) return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const odd = list.find((name) => typeof name !== "string" && !Number.isInteger(name));
  if (odd === undefined) return list as Name[];
  throw new HearthError(
    "request-invalid",
    `"${parameter}" is a list of column names; it holds ${kindOf(odd)}`,
  );
}

function renames(source: DataSource): ReadonlyMap<string, Name> {
  const value = source.rename_columns;
  if (value === undefined || value === null) return new Map();
  if (!isCellObject(value)) {
    throw new HearthError(
      "request-invalid",
      `"rename_columns" is an object {old: new}, not ${kindOf(value)}`,
    );
  }
  const renamed = new Map<string, Name>();
  for (const old of keysOf(value)) {
    const name = value[old];
    if (typeof name !== "string" && !Number.isInteger(name)) {
      throw new HearthError(
        "request-invalid",
        `"rename_columns" gives "${old}" ${kindOf(name)} as its new name`,
      );
    }
    renamed.set(old, name as Name);
  }
  return renamed;
}

/**
 * The schema after reading and how to get there, of the schema that was read. Throws `request-invalid` when
 * `rename_columns` or `ignore_columns` name an absent column, `column-unknown` when `select_columns` does.
 */
export function planAfterRead(
  after: AfterRead,
  schema: readonly ColumnSchema[],
): { schema: readonly ColumnSchema[]; apply(table: Table): Table } {
  let places: Place[] = schema.map(({ name, dtype }, from) => ({ from, name, dtype }));
  places = addAbsent(places, after.add);
  places = rename(places, after.rename);
  for (const name of after.ignore) {
    const matching = matches(places, name);
    if (matching.length === 0) throw absent("ignore_columns", name, places, "request-invalid");
    places = places.filter((place) => !matching.includes(place));
  }
  if (after.select !== undefined) places = select(places, after.select);
  places = addAbsent(places, after.columns);
  return {
    schema: places.map(({ name, dtype }) => ({ name, dtype })),
    apply: ({ rows, labels, ...table }) => ({
      rows,
      labels,
      columns: places.map((place) => columnAt({ rows, ...table }, place)),
    }),
  };
}

function columnAt(table: Table, { from, name }: Place): Column {
  const column = table.columns[from];
  if (column === undefined) return missingColumn(name, table.rows);
  return column.name === name ? column : { ...column, name };
}

function addAbsent(places: readonly Place[], names: readonly Name[]): Place[] {
  const all = [...places];
  for (const name of names) {
    if (matches(all, name).length === 0) all.push({ from: -1, name, dtype: "object" });
  }
  return all;
}

function rename(places: readonly Place[], names: ReadonlyMap<string, Name>): Place[] {
  const renamed = new Map<Place, Name>();
  for (const [old, name] of names) {
    const matching = matches(places, old);
    if (matching.length === 0) throw absent("rename_columns", old, places, "request-invalid");
    for (const place of matching) renamed.set(place, name);
  }
  const result = places.map((place) => ({ ...place, name: renamed.get(place) ?? place.name }));
  for (const [place, name] of renamed) checkFree(result, places.indexOf(place), name);
  return result;
}

/** Two columns of one name would be one in a record. */
function checkFree(places: readonly Place[], own: number, name: Name): void {
  if (!places.some((place, at) => at !== own && String(place.name) === String(name))) return;
  throw new HearthError("request-invalid", `"rename_columns" gives two columns the name "${name}"`);
}

function select(places: readonly Place[], names: readonly Name[]): Place[] {
  return names.flatMap((name) => {
    const matching = matches(places, name);
    if (matching.length === 0) throw absent("select_columns", name, places, "column-unknown");
    return matching;
  });
}

/** Columns of this name; as JSON writes keys as text only, "0" also finds a column named by the number 0. */
function matches(places: readonly Place[], name: Name): Place[] {
  const same = places.filter((place) => place.name === name);
  return same.length > 0 ? same : places.filter((place) => String(place.name) === String(name));
}

function absent(
  parameter: string,
  name: Name,
  places: readonly Place[],
  code: "request-invalid" | "column-unknown",
): HearthError {
  const known = places.map((place) => String(place.name));
  const nearest = nearestName(String(name), known);
  return new HearthError(code, `"${parameter}" names "${name}", which is not a column`, {
    hint: nearest === undefined ? `The columns are ${listNames(known)}.` : `Did you mean "${nearest}"?`,
  });
}

/** Applies what stands after reading to a stream, batch by batch. Errors as `planAfterRead`. */
export function applyAfterRead(after: AfterRead | undefined, stream: TableStream): TableStream {
  if (after === undefined) return stream;
  const plan = planAfterRead(after, stream.schema);
  return { schema: plan.schema, batches: mapBatches(stream.batches, plan.apply) };
}

async function* mapBatches(
  batches: AsyncIterable<Table>,
  apply: (table: Table) => Table,
): AsyncGenerator<Table> {
  for await (const batch of batches) yield apply(batch);
}
